import { ended, eventTo, handedBack, newRun, newRuns, stepDone } from './builders.ts';
import type { Contract } from './contract.ts';
import { at, only } from './scene.ts';

export function aboutHandBack({ it, expect }: Contract): void {
  it('a run that is handed back is queued in its old place', async (scene) => {
    const worker = await scene.worker();
    const runs = newRuns(3);
    await scene.store.submit(runs);
    const claim = only((await scene.claim(worker, { free: 1 })).claims);
    const { dueAt } = await scene.run(claim.run);
    expect(await scene.record(worker, handedBack(claim))).toEqual(['ok']);
    expect(await scene.run(claim.run)).toMatchObject({ state: 'queued', dueAt, attempt: 1, epoch: claim.epoch });
    expect(await scene.claimIds(worker)).toEqual(runs.map(({ id }) => id));
  });

  it('its old place is before runs that became due later', async (scene) => {
    const worker = await scene.worker();
    const now = await scene.now();
    const [early, late] = [newRun({ dueAt: now - 10 }), newRun({ dueAt: now - 20 })];
    await scene.store.submit([early]);
    const claim = only((await scene.claim(worker)).claims);
    await scene.store.submit([late, newRun({ dueAt: now - 5 })]);
    await scene.recorded(worker, handedBack(claim));
    expect((await scene.claimIds(worker)).slice(0, 2)).toEqual([late.id, early.id]);
  });

  it('the next attempt comes after its delay and shows why the last one ended', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const before = await scene.now();
    const error = { code: 'JOB_FAILED', message: 'try again' };
    await scene.recorded(worker, handedBack(claim, { attempt: 2, delayMs: 60_000, error }));
    const run = await scene.run(claim.run);
    expect(run).toMatchObject({ state: 'queued', attempt: 2, error, finishedAt: null });
    expect((run.dueAt ?? 0) >= before + 60_000 && (run.dueAt ?? 0) <= (await scene.now()) + 60_000).toBe(true);
    expect(await scene.claimIds(worker)).toEqual([]);
    const brief = await scene.running(worker);
    await scene.recorded(worker, handedBack(brief, { attempt: 2, delayMs: 200, error }));
    await scene.pass(200);
    const again = only((await scene.claim(worker)).claims);
    expect(again).toMatchObject({ run: brief.run, attempt: 2, epoch: brief.epoch + 1 });
  });

  it('the error of an attempt gives way to the outcome', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const error = { code: 'JOB_FAILED', message: 'first' };
    await scene.recorded(worker, handedBack(claim, { attempt: 2, error }));
    const again = only((await scene.claim(worker)).claims);
    await scene.recorded(worker, ended(again));
    expect(await scene.run(claim.run)).toMatchObject({ state: 'succeeded', attempt: 2, error: null });
  });

  it('a higher attempt sets the crashes to 0, the same attempt keeps them', async (scene) => {
    for (const [attempt, crashes] of [
      [1, 1],
      [2, 0],
    ] as const) {
      const [first, second] = [await scene.worker(), await scene.worker()];
      const { run } = await scene.running(first);
      await scene.bury(first);
      const claim = only((await scene.claim(second)).claims);
      await scene.recorded(second, handedBack(claim, { attempt }));
      expect((await scene.run(run)).crashes).toBe(crashes);
      await scene.recorded(second, ended(only((await scene.claim(second)).claims)));
    }
  });

  it('a run that its worker does not know of is handed back with the attempt it has', async (scene) => {
    const worker = await scene.worker();
    const first = await scene.running(worker);
    await scene.recorded(worker, handedBack(first, { attempt: 2 }));
    await scene.claim(worker);
    const hold = only(await scene.held(worker));
    expect(await scene.record(worker, handedBack(hold, { attempt: null }))).toEqual(['ok']);
    expect(await scene.run(first.run)).toMatchObject({ state: 'queued', attempt: 2 });
    expect(only((await scene.claim(worker)).claims).attempt).toBe(2);
  });

  it('a run with letters may be handed back, and they stay', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(eventTo(claim.run, 'go'));
    expect(await scene.record(worker, stepDone(claim, 'a'), handedBack(claim))).toEqual(['ok', 'ok']);
    const again = only((await scene.claim(worker)).claims);
    expect({ mail: again.mail, letters: (await scene.letters(worker, again)).length, steps: again.steps }).toEqual({
      mail: 1,
      letters: 1,
      steps: 1,
    });
  });

  it('a hand-back sent again is ok and changes nothing; after another claim it is stale', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const entry = handedBack(claim, { attempt: 2 });
    await scene.recorded(worker, entry);
    const before = await scene.run(claim.run);
    expect(await scene.record(worker, entry)).toEqual(['ok']);
    expect(await scene.run(claim.run)).toEqual(before);
    await scene.claim(worker);
    expect(await scene.record(worker, entry)).toEqual(['stale']);
    expect(await scene.state(claim.run)).toBe('running');
  });

  it('a worker that stops hands back all its runs in one group', async (scene) => {
    const worker = await scene.worker();
    await scene.store.submit(newRuns(50));
    const { claims } = await scene.claim(worker);
    expect(new Set(await scene.record(worker, ...claims.map((claim) => handedBack(claim))))).toEqual(new Set(['ok']));
    expect(await scene.held(worker)).toEqual([]);
    expect(await scene.claimIds(await scene.worker())).toEqual(claims.map(({ run }) => run));
    expect(at(claims, 0).attempt).toBe(1);
  });
}

import { ended, eventTo, handedBack, newRun, newRuns, stepDone } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only } from './harness/harness.ts';

export function aboutHandBack({ it, expect }: Contract): void {
  it('a run that is handed back is queued in its old place', async (harness) => {
    const worker = await harness.worker();
    const runs = newRuns(3);
    await harness.store.submit(runs);
    const claim = only((await harness.claim(worker, { free: 1 })).claims);
    const { dueAt } = await harness.run(claim.run);
    expect(await harness.record(worker, handedBack(claim))).toEqual(['ok']);
    expect(await harness.run(claim.run)).toMatchObject({ state: 'queued', dueAt, attempt: 1, epoch: claim.epoch });
    expect(await harness.claimIds(worker)).toEqual(runs.map(({ id }) => id));
  });

  it('its old place is before runs that became due later', async (harness) => {
    const worker = await harness.worker();
    const now = await harness.now();
    const [early, late] = [newRun({ dueAt: now - 10 }), newRun({ dueAt: now - 20 })];
    await harness.store.submit([early]);
    const claim = only((await harness.claim(worker)).claims);
    await harness.store.submit([late, newRun({ dueAt: now - 5 })]);
    await harness.recorded(worker, handedBack(claim));
    expect((await harness.claimIds(worker)).slice(0, 2)).toEqual([late.id, early.id]);
  });

  it('the next attempt comes after its delay and shows why the last one ended', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const before = await harness.now();
    const error = { code: 'JOB_FAILED', message: 'try again' };
    await harness.recorded(worker, handedBack(claim, { attempt: 2, delayMs: 60_000, error }));
    const run = await harness.run(claim.run);
    expect(run).toMatchObject({ state: 'queued', attempt: 2, error, finishedAt: null });
    expect((run.dueAt ?? 0) >= before + 60_000 && (run.dueAt ?? 0) <= (await harness.now()) + 60_000).toBe(true);
    expect(await harness.claimIds(worker)).toEqual([]);
    const brief = await harness.running(worker);
    await harness.recorded(worker, handedBack(brief, { attempt: 2, delayMs: 200, error }));
    await harness.pass(200);
    const again = only((await harness.claim(worker)).claims);
    expect(again).toMatchObject({ run: brief.run, attempt: 2, epoch: brief.epoch + 1 });
  });

  it('the error of an attempt gives way to the outcome', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const error = { code: 'JOB_FAILED', message: 'first' };
    await harness.recorded(worker, handedBack(claim, { attempt: 2, error }));
    const again = only((await harness.claim(worker)).claims);
    await harness.recorded(worker, ended(again));
    expect(await harness.run(claim.run)).toMatchObject({ state: 'succeeded', attempt: 2, error: null });
  });

  it('a higher attempt sets the crashes to 0, the same attempt keeps them', async (harness) => {
    for (const [attempt, crashes] of [
      [1, 1],
      [2, 0],
    ] as const) {
      const [first, second] = [await harness.worker(), await harness.worker()];
      const { run } = await harness.running(first);
      await harness.evict(first);
      const claim = only((await harness.claim(second)).claims);
      await harness.recorded(second, handedBack(claim, { attempt }));
      expect((await harness.run(run)).crashes).toBe(crashes);
      await harness.recorded(second, ended(only((await harness.claim(second)).claims)));
    }
  });

  it('a run that its worker does not know of is handed back with the attempt it has', async (harness) => {
    const worker = await harness.worker();
    const first = await harness.running(worker);
    await harness.recorded(worker, handedBack(first, { attempt: 2 }));
    await harness.claim(worker);
    const hold = only(await harness.held(worker));
    expect(await harness.record(worker, handedBack(hold, { attempt: null }))).toEqual(['ok']);
    expect(await harness.run(first.run)).toMatchObject({ state: 'queued', attempt: 2 });
    expect(only((await harness.claim(worker)).claims).attempt).toBe(2);
  });

  it('a run with mailbox items may be handed back, and they stay', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(eventTo(claim.run, 'go'));
    expect(await harness.record(worker, stepDone(claim, 'a'), handedBack(claim))).toEqual(['ok', 'ok']);
    const again = only((await harness.claim(worker)).claims);
    expect({
      mailboxSeq: again.mailboxSeq,
      items: (await harness.items(worker, again)).length,
      steps: again.steps,
    }).toEqual({
      mailboxSeq: 1,
      items: 1,
      steps: 1,
    });
  });

  it('a hand-back sent again is ok and changes nothing; after another claim it is stale', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const entry = handedBack(claim, { attempt: 2 });
    await harness.recorded(worker, entry);
    const before = await harness.run(claim.run);
    expect(await harness.record(worker, entry)).toEqual(['ok']);
    expect(await harness.run(claim.run)).toEqual(before);
    await harness.claim(worker);
    expect(await harness.record(worker, entry)).toEqual(['stale']);
    expect(await harness.state(claim.run)).toBe('running');
  });

  it('a worker that stops hands back all its runs in one group', async (harness) => {
    const worker = await harness.worker();
    await harness.store.submit(newRuns(50));
    const { claims } = await harness.claim(worker);
    expect(new Set(await harness.record(worker, ...claims.map((claim) => handedBack(claim))))).toEqual(new Set(['ok']));
    expect(await harness.held(worker)).toEqual([]);
    expect(await harness.claimIds(await harness.worker())).toEqual(claims.map(({ run }) => run));
    expect(at(claims, 0).attempt).toBe(1);
  });
}

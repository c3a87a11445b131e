import { ended, eventTo, handedBack, newRun, stepBegun, stepDone, suspended } from './builders.ts';
import type { Contract } from './contract.ts';
import { only } from './scene.ts';

/**
 * A call that hangs for longer than its caller waits is made again, and the first of the two may be carried out last,
 * behind whatever was committed meanwhile.
 */
export function aboutLateGroups({ it, expect }: Contract): void {
  it('tries that come behind later ones of their attempt change nothing', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const error = { code: 'JOB_FAILED', message: 'it broke' };
    const first = [
      stepBegun(claim, 'pay', { tries: 1, error, resumeInMs: 60_000 }),
      stepBegun(claim, 'ship', { asked: 1, tries: 1, error, resumeInMs: 60_000 }),
    ];
    await scene.recorded(worker, ...first);
    await scene.recorded(
      worker,
      stepBegun(claim, 'pay', { tries: 2, error, resumeInMs: 1 }),
      stepDone(claim, 'ship', { asked: 1, tries: 2 }),
    );
    const before = await scene.steps(claim.run);
    expect(await scene.record(worker, ...first)).toEqual(['ok', 'ok']);
    expect(await scene.steps(claim.run)).toEqual(before);
  });

  it('a try that comes late creates no child', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const [first, second] = [newRun({ parent: claim.run }), newRun({ parent: claim.run })];
    await scene.recorded(worker, stepBegun(claim, 'child', { type: 'child', tries: 2, child: second }));
    const late = stepBegun(claim, 'child', { type: 'child', tries: 1, child: first });
    expect(await scene.record(worker, late)).toEqual(['ok']);
    expect(await scene.store.get([first.id, second.id])).toMatchObject([null, { id: second.id }]);
    expect(await scene.steps(claim.run)).toMatchObject([{ tries: 2, child: second.id }]);
  });

  it('a page, or a try of one, that comes behind a later page of its attempt does not set the cursor back', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const error = { code: 'JOB_FAILED', message: 'it broke' };
    const late = [
      stepBegun(claim, 'pages', { tries: 1, output: '1' }),
      stepBegun(claim, 'pages', { tries: 2, output: '1', error, resumeInMs: 60_000 }),
      stepBegun(claim, 'pages', { tries: 3, output: '2' }),
    ];
    for (const entry of late) await scene.recorded(worker, entry);
    await scene.recorded(worker, stepBegun(claim, 'pages', { tries: 4, output: '3' }));
    const before = await scene.steps(claim.run);
    expect(before).toMatchObject([{ tries: 4, output: '3' }]);
    expect(await scene.record(worker, ...late)).toEqual(['ok', 'ok', 'ok']);
    for (const entry of late) expect(await scene.record(worker, entry)).toEqual(['ok']);
    expect(await scene.steps(claim.run)).toEqual(before);
  });

  it('the count of tries may begin anew in another attempt', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepBegun(claim, 'pages', { tries: 3, output: '2' }), handedBack(claim));
    const again = only((await scene.claim(worker)).claims);
    await scene.recorded(worker, stepBegun(again, 'pages', { tries: 1, output: '2' }));
    expect(await scene.steps(claim.run)).toMatchObject([{ tries: 1, output: '2' }]);
  });

  it('a suspension and a hand-back of an attempt that is over change nothing of the next', async (scene) => {
    for (const letGo of [suspended, handedBack]) {
      const worker = await scene.worker();
      const claim = await scene.running(worker);
      const late = [stepDone(claim, 'a'), stepBegun(claim, 'b', { asked: 1 }), letGo(claim)];
      await scene.recorded(worker, ...late);
      await scene.ask(eventTo(claim.run, 'go'));
      const again = only((await scene.claim(worker)).claims);
      await scene.recorded(worker, stepDone(again, 'b', { asked: 1, output: '"newer"' }));
      const before = [await scene.steps(claim.run), await scene.run(claim.run)];
      expect(await scene.record(worker, ...late)).toEqual(['stale', 'stale', 'stale']);
      expect([await scene.steps(claim.run), await scene.run(claim.run)]).toEqual(before);
      await scene.recorded(worker, ended(again));
      expect((await scene.record(worker, ...late)).slice(1)).toEqual(['stale', 'stale']);
      expect(await scene.state(claim.run)).toBe('succeeded');
    }
  });

  it('output that comes behind later output is there once, in its place', async (scene) => {
    const worker = await scene.worker();
    const { run, epoch } = await scene.running(worker);
    const chunk = (seq: number) => ({ run, epoch, seq, bytes: Buffer.from(`line ${seq}\n`) });
    await scene.store.append({ worker, chunks: [chunk(1), chunk(2)], progress: [] });
    await scene.store.append({ worker, chunks: [chunk(3)], progress: [] });
    expect(await scene.store.append({ worker, chunks: [chunk(1), chunk(2)], progress: [] })).toEqual(['ok', 'ok']);
    const told = await scene.store.tail({ run, after: 0, maxBytes: 1_000 });
    expect(told.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['line 1\n', 'line 2\n', 'line 3\n']);
  });

  it('a submit that comes behind the end of its runs creates them no second time', async (scene) => {
    const worker = await scene.worker();
    const runs = [newRun({ key: 'k' }), newRun()];
    await scene.store.submit(runs);
    await scene.recorded(worker, ...(await scene.claim(worker)).claims.map((claim) => ended(claim)));
    const late = await scene.store.submit(runs);
    expect(late.map(({ verdict, run }) => [verdict, run.state])).toEqual([
      ['created', 'succeeded'],
      ['created', 'succeeded'],
    ]);
    expect(await scene.claimIds(worker)).toEqual([]);
  });
}

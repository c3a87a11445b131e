import { ended, eventTo, handedBack, newRun, stepBegun, stepDone, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

/**
 * A call that hangs for longer than its caller waits is made again, and the first of the two may be carried out last,
 * behind whatever was committed meanwhile.
 */
export function aboutLateGroups({ it, expect }: Contract): void {
  it('tries that come behind later ones of their attempt change nothing', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const error = { code: 'JOB_FAILED', message: 'it broke' };
    const first = [
      stepBegun(claim, 'pay', { tries: 1, error, resumeInMs: 60_000 }),
      stepBegun(claim, 'ship', { firstSeq: 1, tries: 1, error, resumeInMs: 60_000 }),
    ];
    await harness.recorded(worker, ...first);
    await harness.recorded(
      worker,
      stepBegun(claim, 'pay', { tries: 2, error, resumeInMs: 1 }),
      stepDone(claim, 'ship', { firstSeq: 1, tries: 2 }),
    );
    const before = await harness.steps(claim.run);
    expect(await harness.record(worker, ...first)).toEqual(['ok', 'ok']);
    expect(await harness.steps(claim.run)).toEqual(before);
  });

  it('a try that comes late creates no child', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const [first, second] = [newRun({ parent: claim.run }), newRun({ parent: claim.run })];
    await harness.recorded(worker, stepBegun(claim, 'child', { type: 'child', tries: 2, child: second }));
    const late = stepBegun(claim, 'child', { type: 'child', tries: 1, child: first });
    expect(await harness.record(worker, late)).toEqual(['ok']);
    expect(await harness.store.get([first.id, second.id])).toMatchObject([null, { id: second.id }]);
    expect(await harness.steps(claim.run)).toMatchObject([{ tries: 2, child: second.id }]);
  });

  it('a page, or a try of one, that comes behind a later page of its attempt does not set the cursor back', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const error = { code: 'JOB_FAILED', message: 'it broke' };
    const late = [
      stepBegun(claim, 'pages', { tries: 1, output: '1' }),
      stepBegun(claim, 'pages', { tries: 2, output: '1', error, resumeInMs: 60_000 }),
      stepBegun(claim, 'pages', { tries: 3, output: '2' }),
    ];
    for (const entry of late) await harness.recorded(worker, entry);
    await harness.recorded(worker, stepBegun(claim, 'pages', { tries: 4, output: '3' }));
    const before = await harness.steps(claim.run);
    expect(before).toMatchObject([{ tries: 4, output: '3' }]);
    expect(await harness.record(worker, ...late)).toEqual(['ok', 'ok', 'ok']);
    for (const entry of late) expect(await harness.record(worker, entry)).toEqual(['ok']);
    expect(await harness.steps(claim.run)).toEqual(before);
  });

  it('the count of tries may begin anew in another attempt', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepBegun(claim, 'pages', { tries: 3, output: '2' }), handedBack(claim));
    const again = only((await harness.claim(worker)).claims);
    await harness.recorded(worker, stepBegun(again, 'pages', { tries: 1, output: '2' }));
    expect(await harness.steps(claim.run)).toMatchObject([{ tries: 1, output: '2' }]);
  });

  it('a suspension and a hand-back of an attempt that is over change nothing of the next', async (harness) => {
    for (const letGo of [suspended, handedBack]) {
      const worker = await harness.worker();
      const claim = await harness.running(worker);
      const late = [stepDone(claim, 'a'), stepBegun(claim, 'b', { firstSeq: 1 }), letGo(claim)];
      await harness.recorded(worker, ...late);
      await harness.act(eventTo(claim.run, 'go'));
      const again = only((await harness.claim(worker)).claims);
      await harness.recorded(worker, stepDone(again, 'b', { firstSeq: 1, output: '"newer"' }));
      const before = [await harness.steps(claim.run), await harness.run(claim.run)];
      expect(await harness.record(worker, ...late)).toEqual(['stale', 'stale', 'stale']);
      expect([await harness.steps(claim.run), await harness.run(claim.run)]).toEqual(before);
      await harness.recorded(worker, ended(again));
      expect((await harness.record(worker, ...late)).slice(1)).toEqual(['stale', 'stale']);
      expect(await harness.state(claim.run)).toBe('succeeded');
    }
  });

  it('output that comes behind later output is there once, in its place', async (harness) => {
    const worker = await harness.worker();
    const { run, epoch } = await harness.running(worker);
    const chunk = (seq: number) => ({ run, epoch, seq, bytes: Buffer.from(`line ${seq}\n`) });
    await harness.store.append({ worker, chunks: [chunk(1), chunk(2)], progress: [] });
    await harness.store.append({ worker, chunks: [chunk(3)], progress: [] });
    expect(await harness.store.append({ worker, chunks: [chunk(1), chunk(2)], progress: [] })).toEqual(['ok', 'ok']);
    const told = await harness.store.tail({ run, after: 0, maxBytes: 1_000 });
    expect(told.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['line 1\n', 'line 2\n', 'line 3\n']);
  });

  it('a submit that comes behind the end of its runs creates them no second time', async (harness) => {
    const worker = await harness.worker();
    const runs = [newRun({ key: 'k' }), newRun()];
    await harness.store.submit(runs);
    await harness.recorded(worker, ...(await harness.claim(worker)).claims.map((claim) => ended(claim)));
    const late = await harness.store.submit(runs);
    expect(late.map(({ verdict, run }) => [verdict, run.state])).toEqual([
      ['created', 'succeeded'],
      ['created', 'succeeded'],
    ]);
    expect(await harness.claimIds(worker)).toEqual([]);
  });
}

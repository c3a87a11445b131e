import type { StepRecord } from '../../job/run.ts';
import type { Page } from '../../ports/store-query.ts';
import { childOf, ended, eventTo, handedBack, newRun, stepBegun, stepDone } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

export function aboutSteps({ it, expect }: Contract): void {
  it('a recorded step is there as it was given', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const entry = stepDone(claim, 'charge:7', {
      tries: 2,
      firstSeq: 3,
      output: '{"paid":[1.50,"é"]}',
      type: 'callback',
    });
    expect(await harness.record(worker, entry)).toEqual(['ok']);
    expect(await harness.steps(claim.run)).toEqual([
      {
        key: 'charge:7',
        kind: 'callback',
        state: 'succeeded',
        tries: 2,
        firstSeq: 3,
        output: '{"paid":[1.50,"é"]}',
        error: null,
        resumeAt: null,
        child: null,
        startedAt: entry.startedAt,
        finishedAt: entry.finishedAt,
      },
    ]);
  });

  it('a failed step keeps its error', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const error = { code: 'CARD_REFUSED', message: 'no money', data: { left: 0 }, stack: 'Error: no money\n  at x' };
    await harness.recorded(worker, stepDone(claim, 'charge', { state: 'failed', output: null, error }));
    expect(only(await harness.steps(claim.run))).toMatchObject({ state: 'failed', output: null, error });
  });

  it('a step without result has none', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepDone(claim, 'void', { output: null }));
    expect(only(await harness.steps(claim.run)).output).toBe(null);
  });

  it('a step recorded again with the same result is ok and stays as it was', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepDone(claim, 'a', { tries: 1 }));
    const before = await harness.steps(claim.run);
    expect(await harness.record(worker, stepDone(claim, 'a', { tries: 1 }))).toEqual(['ok']);
    expect(await harness.steps(claim.run)).toEqual(before);
  });

  it('a step recorded again with another result is a conflict and stays as it was', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepDone(claim, 'a', { output: '1' }));
    const before = await harness.steps(claim.run);
    const other = { state: 'failed', output: null, error: { code: 'X', message: 'x' } } as const;
    expect(await harness.record(worker, stepDone(claim, 'a', { output: '2' }), stepDone(claim, 'a', other))).toEqual([
      'conflict',
      'conflict',
    ]);
    expect(await harness.steps(claim.run)).toEqual(before);
  });

  it('of two results of one step in one group the first is recorded', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const entries = ['1', '2', '1'].map((output) => stepDone(claim, 'a', { output }));
    expect(await harness.record(worker, ...entries)).toEqual(['ok', 'conflict', 'ok']);
    expect(only(await harness.steps(claim.run)).output).toBe('1');
  });

  it('finished steps come in the order in which they were recorded, then those begun', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepBegun(claim, 'z', { firstSeq: 0 }), stepBegun(claim, 'y', { firstSeq: 1 }));
    await harness.recorded(worker, stepDone(claim, 'c', { firstSeq: 4 }), stepDone(claim, 'a', { firstSeq: 3 }));
    await harness.recorded(worker, stepDone(claim, 'b', { firstSeq: 2 }), stepDone(claim, 'z', { firstSeq: 0 }));
    const steps = await harness.steps(claim.run);
    expect(steps.map(({ key }) => key)).toEqual(['c', 'a', 'b', 'z', 'y']);
    expect(steps.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded', 'running']);
  });

  it('steps come in parts of so many bytes, all of them, in one order, finished ones first', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const large = JSON.stringify('大'.repeat(30_000)); // 90,002 bytes
    const begun = ['z', 'y', 'x'].map((key, firstSeq) => stepBegun(claim, key, { firstSeq, output: large }));
    await harness.recorded(worker, ...begun, stepBegun(claim, 'x2', { firstSeq: 2 }));
    const error = { code: 'X', message: 'x'.repeat(90_000) };
    await harness.recorded(worker, stepDone(claim, 'c', { output: large }), stepDone(claim, 'a', { output: large }));
    await harness.recorded(worker, stepDone(claim, 'b', { state: 'failed', output: null, error }));
    await harness.recorded(worker, stepDone(claim, 'z', { output: '1' }), stepDone(claim, 'd', { output: large }));

    const parts = async (maxBytes: number): Promise<string[]> => {
      const keys: string[] = [];
      let after: string | null = null;
      do {
        const { items, next }: Page<StepRecord> = await harness.store.steps({ run: claim.run, after, maxBytes });
        keys.push(items.map(({ key }) => key).join(' '));
        after = next;
      } while (after !== null);
      return keys;
    };
    expect(await parts(1)).toEqual(['c', 'a', 'b', 'z', 'd', 'y', 'x', 'x2']);
    expect(await parts(200_000)).toEqual(['c a', 'b z d', 'y x x2']);
    expect(await parts(600_000)).toEqual(['c a b z d y x x2']);
    const [{ items }, { items: rest }] = [
      await harness.store.steps({ run: claim.run, after: null, maxBytes: 200_000 }),
      await harness.store.steps({ run: claim.run, after: 'a', maxBytes: 600_000 }),
    ];
    expect([...items, ...rest]).toEqual(await harness.steps(claim.run));
    expect(rest.map(({ error: said, output }) => [said?.message.length, output?.length])).toEqual([
      [90_000, undefined],
      [undefined, 1],
      [undefined, 30_002],
      [undefined, 30_002],
      [undefined, 30_002],
      [undefined, undefined],
    ]);
  });

  it('of a run that is not there, and after its last step, there are no steps', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepDone(claim, 'a'));
    const other = await harness.running(worker);
    await harness.recorded(worker, stepDone(other, 'b'));
    const none = { items: [], next: null };
    expect(await harness.store.steps({ run: newRun().id, after: null, maxBytes: 1_000 })).toEqual(none);
    expect(await harness.store.steps({ run: claim.run, after: 'a', maxBytes: 1_000 })).toEqual(none);
  });

  it('steps stay with the run over epochs and after its end', async (harness) => {
    const [first, second] = [await harness.worker(), await harness.worker()];
    const claim = await harness.running(first);
    await harness.recorded(first, stepDone(claim, 'a'));
    await harness.evict(first);
    const again = only((await harness.claim(second)).claims);
    await harness.recorded(second, stepDone(again, 'b', { firstSeq: 1 }), ended(again));
    expect((await harness.steps(claim.run)).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('a child run is created with the step that asks for it', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const child = childOf(claim, { key: 'the child', input: '{"id":1}', job: 'resize' });
    expect(await harness.record(worker, stepBegun(claim, 'resize', { type: 'child', child }))).toEqual(['ok']);
    expect(only(await harness.steps(claim.run))).toMatchObject({ kind: 'child', state: 'running', child: child.id });
    expect(await harness.run('the child')).toMatchObject({
      id: child.id,
      state: 'queued',
      parent: claim.run,
      root: claim.root,
      job: 'resize',
      input: '{"id":1}',
    });
    expect(await harness.record(worker, stepBegun(claim, 'resize', { type: 'child', child }))).toEqual(['ok']);
    expect((await harness.listAll({ parent: claim.run })).length).toBe(1);
    await harness.recorded(worker, stepDone(claim, 'resize', { type: 'child' }));
    expect(only(await harness.steps(claim.run))).toMatchObject({ state: 'succeeded', child: child.id });
  });

  it('the next try of a step keeps the child of the first', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const child = childOf(claim, { job: 'resize' });
    await harness.recorded(worker, stepBegun(claim, 'resize', { type: 'child', child }));
    await harness.recorded(worker, stepBegun(claim, 'resize', { type: 'child', tries: 2 }));
    expect(only(await harness.steps(claim.run))).toMatchObject({ state: 'running', tries: 2, child: child.id });
  });

  it('a child that exists already stays as it is', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const child = childOf(claim, { job: 'resize' });
    await harness.recorded(worker, stepBegun(claim, 'resize', { type: 'child', child }));
    const taken = only((await harness.claim(worker, { jobs: ['resize'] })).claims);
    await harness.recorded(worker, ended(taken));
    expect(await harness.record(worker, stepBegun(claim, 'resize', { type: 'child', child }))).toEqual(['ok']);
    expect(await harness.state(child.id)).toBe('succeeded');
  });

  it('a child may be held at once by a worker', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const child = childOf(claim, { holder: worker });
    await harness.recorded(worker, stepBegun(claim, 'c', { type: 'child', child }));
    expect(await harness.run(child.id)).toMatchObject({ state: 'running', epoch: 1 });
    expect(await harness.record(worker, ended({ run: child.id, epoch: 1 }))).toEqual(['ok']);
  });

  it('steps and tries of one run count before its end in the same group', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const entries = [stepBegun(claim, 'a'), stepDone(claim, 'a'), stepDone(claim, 'b', { firstSeq: 1 }), ended(claim)];
    expect(await harness.record(worker, ...entries)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect((await harness.steps(claim.run)).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(await harness.state(claim.run)).toBe('succeeded');
  });

  it('a recorded step, and a begun one, set the crashes of the run to 0', async (harness) => {
    for (const entry of [stepDone, stepBegun]) {
      const [first, second] = [await harness.worker(), await harness.worker()];
      const { run } = await harness.running(first);
      await harness.evict(first);
      const claim = only((await harness.claim(second)).claims);
      expect(claim).toMatchObject({ run, crashes: 1 });
      await harness.recorded(second, entry(claim, 'a'));
      expect((await harness.run(run)).crashes).toBe(0);
      await harness.recorded(second, ended(claim));
    }
  });

  it('a step that conflicts takes no mailbox item out of the mailbox', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(eventTo(claim.run, 'go'));
    const { n } = only(only(await harness.inboxes(worker)).items);
    await harness.recorded(worker, stepDone(claim, 'a', { output: '1' }));
    expect(await harness.record(worker, stepDone(claim, 'a', { output: '2', consumes: n }))).toEqual(['conflict']);
    await harness.recorded(worker, handedBack(claim));
    expect((await harness.items(worker, only((await harness.claim(worker)).claims))).length).toBe(1);
  });
}

import type { StepRecord } from '../../job/run.ts';
import type { Page } from '../../ports/store-query.ts';
import { childOf, ended, eventTo, handedBack, newRun, stepBegun, stepDone } from './builders.ts';
import type { Contract } from './contract.ts';
import { only } from './scene.ts';

export function aboutSteps({ it, expect }: Contract): void {
  it('a recorded step is there as it was given', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const entry = stepDone(claim, 'charge:7', { tries: 2, asked: 3, output: '{"paid":[1.50,"é"]}', type: 'callback' });
    expect(await scene.record(worker, entry)).toEqual(['ok']);
    expect(await scene.steps(claim.run)).toEqual([
      {
        key: 'charge:7',
        kind: 'callback',
        state: 'succeeded',
        tries: 2,
        asked: 3,
        output: '{"paid":[1.50,"é"]}',
        error: null,
        resumeAt: null,
        child: null,
        startedAt: entry.startedAt,
        finishedAt: entry.finishedAt,
      },
    ]);
  });

  it('a failed step keeps its error', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const error = { code: 'CARD_REFUSED', message: 'no money', data: { left: 0 }, stack: 'Error: no money\n  at x' };
    await scene.recorded(worker, stepDone(claim, 'charge', { state: 'failed', output: null, error }));
    expect(only(await scene.steps(claim.run))).toMatchObject({ state: 'failed', output: null, error });
  });

  it('a step without result has none', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepDone(claim, 'void', { output: null }));
    expect(only(await scene.steps(claim.run)).output).toBe(null);
  });

  it('a step recorded again with the same result is ok and stays as it was', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepDone(claim, 'a', { tries: 1 }));
    const before = await scene.steps(claim.run);
    expect(await scene.record(worker, stepDone(claim, 'a', { tries: 1 }))).toEqual(['ok']);
    expect(await scene.steps(claim.run)).toEqual(before);
  });

  it('a step recorded again with another result is a conflict and stays as it was', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepDone(claim, 'a', { output: '1' }));
    const before = await scene.steps(claim.run);
    const other = { state: 'failed', output: null, error: { code: 'X', message: 'x' } } as const;
    expect(await scene.record(worker, stepDone(claim, 'a', { output: '2' }), stepDone(claim, 'a', other))).toEqual([
      'conflict',
      'conflict',
    ]);
    expect(await scene.steps(claim.run)).toEqual(before);
  });

  it('of two results of one step in one group the first is recorded', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const entries = ['1', '2', '1'].map((output) => stepDone(claim, 'a', { output }));
    expect(await scene.record(worker, ...entries)).toEqual(['ok', 'conflict', 'ok']);
    expect(only(await scene.steps(claim.run)).output).toBe('1');
  });

  it('finished steps come in the order in which they were recorded, then those begun', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepBegun(claim, 'z', { asked: 0 }), stepBegun(claim, 'y', { asked: 1 }));
    await scene.recorded(worker, stepDone(claim, 'c', { asked: 4 }), stepDone(claim, 'a', { asked: 3 }));
    await scene.recorded(worker, stepDone(claim, 'b', { asked: 2 }), stepDone(claim, 'z', { asked: 0 }));
    const steps = await scene.steps(claim.run);
    expect(steps.map(({ key }) => key)).toEqual(['c', 'a', 'b', 'z', 'y']);
    expect(steps.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded', 'running']);
  });

  it('steps come in parts of so many bytes, all of them, in one order, finished ones first', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const large = JSON.stringify('大'.repeat(30_000)); // 90,002 bytes
    const begun = ['z', 'y', 'x'].map((key, asked) => stepBegun(claim, key, { asked, output: large }));
    await scene.recorded(worker, ...begun, stepBegun(claim, 'x2', { asked: 2 }));
    const error = { code: 'X', message: 'x'.repeat(90_000) };
    await scene.recorded(worker, stepDone(claim, 'c', { output: large }), stepDone(claim, 'a', { output: large }));
    await scene.recorded(worker, stepDone(claim, 'b', { state: 'failed', output: null, error }));
    await scene.recorded(worker, stepDone(claim, 'z', { output: '1' }), stepDone(claim, 'd', { output: large }));

    const parts = async (maxBytes: number): Promise<string[]> => {
      const keys: string[] = [];
      let after: string | null = null;
      do {
        const { items, next }: Page<StepRecord> = await scene.store.steps({ run: claim.run, after, maxBytes });
        keys.push(items.map(({ key }) => key).join(' '));
        after = next;
      } while (after !== null);
      return keys;
    };
    expect(await parts(1)).toEqual(['c', 'a', 'b', 'z', 'd', 'y', 'x', 'x2']);
    expect(await parts(200_000)).toEqual(['c a', 'b z d', 'y x x2']);
    expect(await parts(600_000)).toEqual(['c a b z d y x x2']);
    const [{ items }, { items: rest }] = [
      await scene.store.steps({ run: claim.run, after: null, maxBytes: 200_000 }),
      await scene.store.steps({ run: claim.run, after: 'a', maxBytes: 600_000 }),
    ];
    expect([...items, ...rest]).toEqual(await scene.steps(claim.run));
    expect(rest.map(({ error: said, output }) => [said?.message.length, output?.length])).toEqual([
      [90_000, undefined],
      [undefined, 1],
      [undefined, 30_002],
      [undefined, 30_002],
      [undefined, 30_002],
      [undefined, undefined],
    ]);
  });

  it('of a run that is not there, and after its last step, there are no steps', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepDone(claim, 'a'));
    const other = await scene.running(worker);
    await scene.recorded(worker, stepDone(other, 'b'));
    const none = { items: [], next: null };
    expect(await scene.store.steps({ run: newRun().id, after: null, maxBytes: 1_000 })).toEqual(none);
    expect(await scene.store.steps({ run: claim.run, after: 'a', maxBytes: 1_000 })).toEqual(none);
  });

  it('steps stay with the run over epochs and after its end', async (scene) => {
    const [first, second] = [await scene.worker(), await scene.worker()];
    const claim = await scene.running(first);
    await scene.recorded(first, stepDone(claim, 'a'));
    await scene.bury(first);
    const again = only((await scene.claim(second)).claims);
    await scene.recorded(second, stepDone(again, 'b', { asked: 1 }), ended(again));
    expect((await scene.steps(claim.run)).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('a try is a step that has begun; the next one takes its place', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const error = { code: 'JOB_FAILED', message: 'first' };
    await scene.recorded(worker, stepBegun(claim, 'a', { tries: 1, error, resumeAt: 1_800_000_000_000, asked: 2 }));
    expect(only(await scene.steps(claim.run))).toMatchObject({
      key: 'a',
      kind: 'step',
      state: 'running',
      tries: 1,
      asked: 2,
      error,
      resumeAt: 1_800_000_000_000,
      finishedAt: null,
    });
    await scene.recorded(worker, stepBegun(claim, 'a', { tries: 2, error: { ...error, message: 'second' }, asked: 2 }));
    expect(only(await scene.steps(claim.run))).toMatchObject({ tries: 2, error: { message: 'second' } });
    await scene.recorded(worker, stepDone(claim, 'a', { tries: 3, asked: 2 }));
    expect(only(await scene.steps(claim.run))).toMatchObject({ state: 'succeeded', tries: 3, error: null });
  });

  it('a step of several parts keeps what it has so far until it ends', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepBegun(claim, 'pages', { output: '{"cursor":1}' }));
    await scene.recorded(worker, stepBegun(claim, 'pages', { output: '{"cursor":2}' }));
    expect(only(await scene.steps(claim.run))).toMatchObject({ state: 'running', output: '{"cursor":2}' });
    await scene.recorded(worker, stepDone(claim, 'pages', { output: '{"pages":2}' }));
    expect(only(await scene.steps(claim.run))).toMatchObject({ state: 'succeeded', output: '{"pages":2}' });
  });

  it('a try of a finished step is ok and changes nothing', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepDone(claim, 'a', { tries: 2 }));
    const before = await scene.steps(claim.run);
    expect(await scene.record(worker, stepBegun(claim, 'a', { tries: 9 }))).toEqual(['ok']);
    expect(await scene.steps(claim.run)).toEqual(before);
  });

  it('a sleep ends so long after the time of the store', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const before = await scene.now();
    await scene.recorded(worker, stepBegun(claim, 'nap', { type: 'sleep', resumeInMs: 60_000 }));
    const { kind, resumeAt } = only(await scene.steps(claim.run));
    expect(kind).toBe('sleep');
    expect(resumeAt !== null && resumeAt >= before + 60_000 && resumeAt <= (await scene.now()) + 60_000).toBe(true);
  });

  it('a sleep that is sent again ends when it was to end', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const sleep = stepBegun(claim, 'nap', { type: 'sleep', resumeInMs: 60_000 });
    await scene.recorded(worker, sleep);
    const before = await scene.steps(claim.run);
    await scene.pass(30);
    await scene.recorded(worker, sleep);
    expect(await scene.steps(claim.run)).toEqual(before);
  });

  it('a step that is to be tried later, once more and at no cost of a try, is due anew', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const later = stepBegun(claim, 'a', { resumeInMs: 20 });
    await scene.recorded(worker, later);
    const [first] = await scene.steps(claim.run);
    await scene.pass(40);
    await scene.recorded(worker, { ...later, startedAt: later.startedAt + 40 });
    const [second] = await scene.steps(claim.run);
    expect((second?.resumeAt ?? 0) >= (first?.resumeAt ?? 0) + 40).toBe(true);
  });

  it('a child run is created with the step that asks for it', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const child = childOf(claim, { key: 'the child', input: '{"id":1}', job: 'resize' });
    expect(await scene.record(worker, stepBegun(claim, 'resize', { type: 'child', child }))).toEqual(['ok']);
    expect(only(await scene.steps(claim.run))).toMatchObject({ kind: 'child', state: 'running', child: child.id });
    expect(await scene.run('the child')).toMatchObject({
      id: child.id,
      state: 'queued',
      parent: claim.run,
      root: claim.root,
      job: 'resize',
      input: '{"id":1}',
    });
    expect(await scene.record(worker, stepBegun(claim, 'resize', { type: 'child', child }))).toEqual(['ok']);
    expect((await scene.listAll({ parent: claim.run })).length).toBe(1);
    await scene.recorded(worker, stepDone(claim, 'resize', { type: 'child' }));
    expect(only(await scene.steps(claim.run))).toMatchObject({ state: 'succeeded', child: child.id });
  });

  it('the next try of a step keeps the child of the first', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const child = childOf(claim, { job: 'resize' });
    await scene.recorded(worker, stepBegun(claim, 'resize', { type: 'child', child }));
    await scene.recorded(worker, stepBegun(claim, 'resize', { type: 'child', tries: 2 }));
    expect(only(await scene.steps(claim.run))).toMatchObject({ state: 'running', tries: 2, child: child.id });
  });

  it('a child that exists already stays as it is', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const child = childOf(claim, { job: 'resize' });
    await scene.recorded(worker, stepBegun(claim, 'resize', { type: 'child', child }));
    const taken = only((await scene.claim(worker, { jobs: ['resize'] })).claims);
    await scene.recorded(worker, ended(taken));
    expect(await scene.record(worker, stepBegun(claim, 'resize', { type: 'child', child }))).toEqual(['ok']);
    expect(await scene.state(child.id)).toBe('succeeded');
  });

  it('a child may be held at once by a worker', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const child = childOf(claim, { holder: worker });
    await scene.recorded(worker, stepBegun(claim, 'c', { type: 'child', child }));
    expect(await scene.run(child.id)).toMatchObject({ state: 'running', epoch: 1 });
    expect(await scene.record(worker, ended({ run: child.id, epoch: 1 }))).toEqual(['ok']);
  });

  it('steps and tries of one run count before its end in the same group', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const entries = [stepBegun(claim, 'a'), stepDone(claim, 'a'), stepDone(claim, 'b', { asked: 1 }), ended(claim)];
    expect(await scene.record(worker, ...entries)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect((await scene.steps(claim.run)).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(await scene.state(claim.run)).toBe('succeeded');
  });

  it('a recorded step, and a begun one, set the crashes of the run to 0', async (scene) => {
    for (const entry of [stepDone, stepBegun]) {
      const [first, second] = [await scene.worker(), await scene.worker()];
      const { run } = await scene.running(first);
      await scene.bury(first);
      const claim = only((await scene.claim(second)).claims);
      expect(claim).toMatchObject({ run, crashes: 1 });
      await scene.recorded(second, entry(claim, 'a'));
      expect((await scene.run(run)).crashes).toBe(0);
      await scene.recorded(second, ended(claim));
    }
  });

  it('a step that conflicts takes no letter out of the mailbox', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(eventTo(claim.run, 'go'));
    const { n } = only(only(await scene.inboxes(worker)).letters);
    await scene.recorded(worker, stepDone(claim, 'a', { output: '1' }));
    expect(await scene.record(worker, stepDone(claim, 'a', { output: '2', consumes: n }))).toEqual(['conflict']);
    await scene.recorded(worker, handedBack(claim));
    expect((await scene.letters(worker, only((await scene.claim(worker)).claims))).length).toBe(1);
  });
}

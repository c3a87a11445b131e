import { callbackKey } from '../../job/callbacks.ts';
import type { Run } from '../../job/run.ts';
import {
  cancelOf,
  childOf,
  ended,
  failed,
  fireOf,
  newRun,
  occurrence,
  restartOf,
  retryOf,
  schedulePlan,
  stepBegun,
  suspended,
  termsOf,
} from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only, type Harness } from './harness/harness.ts';

export function aboutCallbacks({ it, expect }: Contract): void {
  it('the run of a callback comes with the end that is called back, and with no other', async (harness) => {
    const worker = await harness.worker();
    const expected = { none: [false, false], success: [true, false], failure: [false, true], both: [true, true] };
    for (const [callbacks, called] of Object.entries(expected)) {
      for (const [n, end] of [ended, failed].entries()) {
        const claim = await harness.running(worker, { callbacks: callbacks as keyof typeof expected });
        await harness.recorded(worker, end(claim));
        const callback = await harness.find(callbackKey({ id: claim.run, epoch: 1 }));
        expect({ callbacks, n, called: callback !== null }).toEqual({ callbacks, n, called: called[n] });
        if (callback) await harness.recorded(worker, ended(only((await harness.claim(worker)).claims)));
      }
    }
  });

  it('it is of the same job, in the same queue, and a child that is due at once', async (harness) => {
    const worker = await harness.worker();
    const run = newRun({ queue: 'mail', priority: 3, timeoutMs: 5_000, deadlineMs: 50_000, callbacks: 'both' });
    const root = newRun({ job: 'root' });
    await harness.store.submit([root, { ...run, parent: root.id, root: root.id }]);
    await harness.recorded(worker, ended(only((await harness.claim(worker)).claims)));
    const callback = await harness.run(callbackKey(await harness.run(run.id)));
    expect(callback).toMatchObject({
      job: 'work',
      queue: 'mail',
      state: 'queued',
      trigger: 'parent',
      priority: 3,
      input: null,
      traceId: run.traceId,
      parent: run.id,
      root: root.id,
    });
    expect(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(callback.id)).toBe(true);
    const claim = only((await harness.claim(worker)).claims);
    expect(claim).toMatchObject({ run: callback.id, timeoutMs: 5_000, deadlineAt: null });
    await harness.recorded(worker, failed(claim));
    expect(await harness.claimIds(worker)).toEqual([]);
  });

  it('an end that is sent again, or refused, makes no second one', async (harness) => {
    const [worker, other] = [await harness.worker(), await harness.worker()];
    const claim = await harness.running(worker, { callbacks: 'both' });
    expect(await harness.record(other, ended(claim))).toEqual(['stale']);
    expect(await harness.find(callbackKey({ id: claim.run, epoch: 1 }))).toBe(null);
    expect(await harness.record(worker, ended(claim))).toEqual(['ok']);
    expect(await harness.record(worker, ended(claim))).toEqual(['ok']);
    expect((await harness.listAll({ parent: claim.run })).length).toBe(1);
  });

  it('each end of a run that is tried again is called back', async (harness) => {
    const worker = await harness.worker();
    const first = await harness.running(worker, { callbacks: 'failure' });
    await harness.recorded(worker, failed(first));
    await harness.recorded(worker, ended(only((await harness.claim(worker)).claims)));
    await harness.act(retryOf(first.run));
    await harness.recorded(worker, failed(only((await harness.claim(worker)).claims)));
    await harness.recorded(worker, ended(only((await harness.claim(worker)).claims)));
    await harness.act(restartOf(first.run, null));
    await harness.recorded(worker, failed(only((await harness.claim(worker)).claims)));
    const callbacks = await harness.listAll({ parent: first.run });
    expect(callbacks.map(({ key }) => key).toReversed()).toEqual([
      callbackKey({ id: first.run, epoch: 1 }),
      callbackKey({ id: first.run, epoch: 3 }),
      callbackKey({ id: first.run, epoch: 5 }),
    ]);
  });

  it('each end of a run that nobody claims in between is called back', async (harness) => {
    const { run } = await harness.submit({ callbacks: 'failure', job: 'nobody knows it' });
    for (let lives = 1; lives <= 2; lives++) {
      await harness.act(cancelOf(run.id));
      expect((await harness.listAll({ parent: run.id })).length).toBe(lives);
      await harness.act(retryOf(run.id));
    }
  });

  it('a run that is taken back before it began is not called back', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker, { callbacks: 'both' });
    await harness.recorded(worker, failed(claim, { state: 'cancelled', isSilent: true }));
    expect(await harness.listAll({ parent: claim.run })).toEqual([]);
  });

  for (const [what, end] of Object.entries(storeEnds)) {
    it(`${what} is called back in the same commit`, async (harness) => {
      const run = await end(harness);
      expect(run.state === 'failed' || run.state === 'cancelled').toBe(true);
      expect(await harness.find(callbackKey(run))).toMatchObject({
        state: 'queued',
        job: run.job,
        parent: run.id,
      });
    });
  }

  it('a run that was asked for by name is called back as the worker that claimed it says', async (harness) => {
    const worker = await harness.worker();
    for (const callbacks of ['none', 'failure'] as const) {
      await harness.submit({ callbacks: 'unknown' });
      const claim = only((await harness.claim(worker, { jobs: [termsOf('work', { callbacks })] })).claims);
      await harness.recorded(worker, suspended(claim));
      await harness.act(cancelOf(claim.run));
      expect((await harness.listAll({ parent: claim.run })).length).toBe(callbacks === 'failure' ? 1 : 0);
    }
  });

  it('one that nobody has claimed is called back as the one says who cancels it', async (harness) => {
    for (const callbacks of ['failure', 'both', 'success', 'none', 'unknown'] as const) {
      const { run } = await harness.submit({ callbacks: 'unknown' });
      await harness.act(cancelOf(run.id, { callbacks }));
      const called = callbacks === 'failure' || callbacks === 'both';
      expect({ callbacks, runs: (await harness.listAll({ parent: run.id })).length }).toEqual({
        callbacks,
        runs: called ? 1 : 0,
      });
    }
    const { run } = await harness.submit({ callbacks: 'none' });
    await harness.act(cancelOf(run.id, { callbacks: 'failure' }));
    expect(await harness.listAll({ parent: run.id })).toEqual([]);
  });
}

/** Every way in which the store ends a run itself. */
const storeEnds: Readonly<Record<string, (harness: Harness) => Promise<Run>>> = {
  'a run that is cancelled in the queue': async (harness) => {
    const { run } = await harness.submit({ callbacks: 'failure' });
    await harness.act(cancelOf(run.id));
    return await harness.run(run.id);
  },
  'a run that is cancelled while it waits': async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker, { callbacks: 'both' });
    await harness.recorded(worker, suspended(claim));
    await harness.act(cancelOf(claim.run));
    return await harness.run(claim.run);
  },
  'a run that crashed too often': async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker, { callbacks: 'failure', maxCrashes: 1 });
    await harness.evict(worker);
    return await harness.run(claim.run);
  },
  'a run that is ended over its owner’s head': async (harness) => {
    const worker = await harness.worker();
    const { run, epoch } = await harness.running(worker, { callbacks: 'failure' });
    await harness.store.evict([{ run, epoch, code: 'RUN_TIMED_OUT', message: 'too long' }]);
    return await harness.run(run);
  },
  'a child that is cancelled with its parent': async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker, { job: 'parent' });
    const child = childOf(parent, { callbacks: 'failure' });
    await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), failed(parent));
    return await harness.run(child.id);
  },
  'a run that gives way to the next occurrence of its schedule': async (harness) => {
    await harness.store.plan({ app: 'shop', version: '1.0.0', schedules: [schedulePlan('nightly')] });
    const run = occurrence('nightly', 1_700_000_000_000, { callbacks: 'failure' });
    const { revision } = await harness.dueSchedule('nightly');
    await harness.store.fire([fireOf('nightly', revision, { runs: [run] })]);
    await harness.store.fire([fireOf('nightly', revision + 1, { cancels: [run.id] })]);
    return await harness.run(run.id);
  },
};

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
} from './builders.ts';
import type { Contract } from './contract.ts';
import { only, type Scene } from './scene.ts';

export function aboutCallbacks({ it, expect }: Contract): void {
  it('the run of a callback comes with the end that is called back, and with no other', async (scene) => {
    const worker = await scene.worker();
    const expected = { none: [false, false], success: [true, false], failure: [false, true], both: [true, true] };
    for (const [callbacks, called] of Object.entries(expected)) {
      for (const [n, end] of [ended, failed].entries()) {
        const claim = await scene.running(worker, { callbacks: callbacks as keyof typeof expected });
        await scene.recorded(worker, end(claim));
        const callback = await scene.find(callbackKey({ id: claim.run, epoch: 1 }));
        expect({ callbacks, n, called: callback !== null }).toEqual({ callbacks, n, called: called[n] });
        if (callback) await scene.recorded(worker, ended(only((await scene.claim(worker)).claims)));
      }
    }
  });

  it('it is of the same job, in the same queue, and a child that is due at once', async (scene) => {
    const worker = await scene.worker();
    const run = newRun({ queue: 'mail', priority: 3, timeoutMs: 5_000, deadlineMs: 50_000, callbacks: 'both' });
    const root = newRun({ job: 'root' });
    await scene.store.submit([root, { ...run, parent: root.id, root: root.id }]);
    await scene.recorded(worker, ended(only((await scene.claim(worker)).claims)));
    const callback = await scene.run(callbackKey(await scene.run(run.id)));
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
    const claim = only((await scene.claim(worker)).claims);
    expect(claim).toMatchObject({ run: callback.id, timeoutMs: 5_000, deadlineAt: null });
    await scene.recorded(worker, failed(claim));
    expect(await scene.claimIds(worker)).toEqual([]);
  });

  it('an end that is sent again, or refused, makes no second one', async (scene) => {
    const [worker, other] = [await scene.worker(), await scene.worker()];
    const claim = await scene.running(worker, { callbacks: 'both' });
    expect(await scene.record(other, ended(claim))).toEqual(['stale']);
    expect(await scene.find(callbackKey({ id: claim.run, epoch: 1 }))).toBe(null);
    expect(await scene.record(worker, ended(claim))).toEqual(['ok']);
    expect(await scene.record(worker, ended(claim))).toEqual(['ok']);
    expect((await scene.listAll({ parent: claim.run })).length).toBe(1);
  });

  it('each end of a run that is tried again is called back', async (scene) => {
    const worker = await scene.worker();
    const first = await scene.running(worker, { callbacks: 'failure' });
    await scene.recorded(worker, failed(first));
    await scene.recorded(worker, ended(only((await scene.claim(worker)).claims)));
    await scene.ask(retryOf(first.run));
    await scene.recorded(worker, failed(only((await scene.claim(worker)).claims)));
    await scene.recorded(worker, ended(only((await scene.claim(worker)).claims)));
    await scene.ask(restartOf(first.run, null));
    await scene.recorded(worker, failed(only((await scene.claim(worker)).claims)));
    const callbacks = await scene.listAll({ parent: first.run });
    expect(callbacks.map(({ key }) => key).toReversed()).toEqual([
      callbackKey({ id: first.run, epoch: 1 }),
      callbackKey({ id: first.run, epoch: 3 }),
      callbackKey({ id: first.run, epoch: 5 }),
    ]);
  });

  it('each end of a run that nobody claims in between is called back', async (scene) => {
    const { run } = await scene.submit({ callbacks: 'failure', job: 'nobody knows it' });
    for (let lives = 1; lives <= 2; lives++) {
      await scene.ask(cancelOf(run.id));
      expect((await scene.listAll({ parent: run.id })).length).toBe(lives);
      await scene.ask(retryOf(run.id));
    }
  });

  it('a run that is taken back before it began is not called back', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker, { callbacks: 'both' });
    await scene.recorded(worker, failed(claim, { state: 'cancelled', isSilent: true }));
    expect(await scene.listAll({ parent: claim.run })).toEqual([]);
  });

  for (const [what, end] of Object.entries(storeEnds)) {
    it(`${what} is called back in the same commit`, async (scene) => {
      const run = await end(scene);
      expect(run.state === 'failed' || run.state === 'cancelled').toBe(true);
      expect(await scene.find(callbackKey(run))).toMatchObject({
        state: 'queued',
        job: run.job,
        parent: run.id,
      });
    });
  }

  it('a run that was asked for by name is called back as the worker that claimed it says', async (scene) => {
    const worker = await scene.worker();
    for (const callbacks of ['none', 'failure'] as const) {
      await scene.submit({ callbacks: 'unknown' });
      const claim = only((await scene.claim(worker, { jobs: [termsOf('work', { callbacks })] })).claims);
      await scene.recorded(worker, suspended(claim));
      await scene.ask(cancelOf(claim.run));
      expect((await scene.listAll({ parent: claim.run })).length).toBe(callbacks === 'failure' ? 1 : 0);
    }
  });

  it('one that nobody has claimed is called back as the one says who cancels it', async (scene) => {
    for (const callbacks of ['failure', 'both', 'success', 'none', 'unknown'] as const) {
      const { run } = await scene.submit({ callbacks: 'unknown' });
      await scene.ask(cancelOf(run.id, { callbacks }));
      const called = callbacks === 'failure' || callbacks === 'both';
      expect({ callbacks, runs: (await scene.listAll({ parent: run.id })).length }).toEqual({
        callbacks,
        runs: called ? 1 : 0,
      });
    }
    const { run } = await scene.submit({ callbacks: 'none' });
    await scene.ask(cancelOf(run.id, { callbacks: 'failure' }));
    expect(await scene.listAll({ parent: run.id })).toEqual([]);
  });
}

/** Every way in which the store ends a run itself. */
const storeEnds: Readonly<Record<string, (scene: Scene) => Promise<Run>>> = {
  'a run that is cancelled in the queue': async (scene) => {
    const { run } = await scene.submit({ callbacks: 'failure' });
    await scene.ask(cancelOf(run.id));
    return await scene.run(run.id);
  },
  'a run that is cancelled while it waits': async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker, { callbacks: 'both' });
    await scene.recorded(worker, suspended(claim));
    await scene.ask(cancelOf(claim.run));
    return await scene.run(claim.run);
  },
  'a run that crashed too often': async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker, { callbacks: 'failure', maxCrashes: 1 });
    await scene.bury(worker);
    return await scene.run(claim.run);
  },
  'a run that is ended over its owner’s head': async (scene) => {
    const worker = await scene.worker();
    const { run, epoch } = await scene.running(worker, { callbacks: 'failure' });
    await scene.store.bury([{ run, epoch, code: 'RUN_TIMED_OUT', message: 'too long' }]);
    return await scene.run(run);
  },
  'a child that is cancelled with its parent': async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker, { job: 'parent' });
    const child = childOf(parent, { callbacks: 'failure' });
    await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), failed(parent));
    return await scene.run(child.id);
  },
  'a run that gives way to the next occurrence of its schedule': async (scene) => {
    await scene.store.plan({ app: 'shop', version: '1.0.0', schedules: [schedulePlan('nightly')] });
    const run = occurrence('nightly', 1_700_000_000_000, { callbacks: 'failure' });
    const { revision } = await scene.dueSchedule('nightly');
    await scene.store.fire([fireOf('nightly', revision, { runs: [run] })]);
    await scene.store.fire([fireOf('nightly', revision + 1, { cancels: [run.id] })]);
    return await scene.run(run.id);
  },
};

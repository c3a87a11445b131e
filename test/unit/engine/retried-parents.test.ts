import { describe, expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { PermanentError } from '../../../src/job/failure.ts';
import { isFinal } from '../../../src/job/state.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { fileStore, openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

const limits = { parkAfter: 20 };

/** A parent that fails beside a child that waits, until it is mended; the child counts the executions of its step. */
function family() {
  const state = { isMended: false, work: 0, bodies: 0 };
  const child = defineJob({
    name: 'child',
    run: async ({ step }) => {
      state.bodies++;
      await step('work', () => ++state.work);
      return state.isMended ? 'grown' : step.wait('never');
    },
  });
  const parent = defineJob({
    name: 'parent',
    run: ({ step }) =>
      Promise.all([
        step.run('child', child, undefined),
        step('charge', () => {
          if (!state.isMended && state.work === 1) throw new PermanentError('no money');
          if (!state.isMended) throw new Error('too early');
          return 'paid';
        }),
      ]),
    retry: { attempts: 100, delay: '5ms', factor: 1 },
  });
  return { state, jobs: [parent, child], parent };
}

describe('a parent that is executed again', () => {
  test.each(['retry', 'restart from a later step'] as const)('%s goes on with its child', async (how) => {
    const { state, jobs, parent } = family();
    const { app, steps } = openApp(jobs, { limits });
    await app.start();
    const { id } = await app.client.enqueue(parent);
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'failed' });
    const [child] = (await app.client.list({ parent: id })).items;
    await until('the child is cancelled', async () => (await app.client.find(child!.id)).state === 'cancelled');
    state.isMended = true;
    if (how === 'retry') await app.client.retry(id);
    else await app.client.restart(id, { from: 'charge' });
    const output = '["grown","paid"]';
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded', output });
    expect((await app.client.list({ parent: id })).items).toMatchObject([{ id: child!.id, state: 'succeeded' }]);
    expect(state.work).toBe(1); // what the child had recorded is not done again
    expect(await steps(id)).toContainEqual(expect.stringMatching(/^child succeeded/));
  });

  test('a restart from the beginning has a child of its own', async () => {
    const { state, jobs, parent } = family();
    const { app } = openApp(jobs, { limits });
    await app.start();
    const { id } = await app.client.enqueue(parent);
    await app.client.wait(id, { timeout: '50s' });
    state.isMended = true;
    await app.client.restart(id);
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded' });
    expect((await app.client.list({ parent: id })).items).toHaveLength(2);
  });

  test('after a cancel it goes on with its child, and so do the children of that', async () => {
    let isMended = false;
    const leaf = defineJob({ name: 'leaf', run: ({ step }) => (isMended ? 'leaf' : step.wait('never')) });
    const middle = defineJob({ name: 'middle', run: ({ step }) => step.run('leaf', leaf, undefined) });
    const top = defineJob({ name: 'top', run: ({ step }) => step.run('middle', middle, undefined) });
    const { app } = openApp([leaf, middle, top], { limits });
    await app.start();
    const { id } = await app.client.enqueue(top);
    await until('all wait', async () => (await app.client.list({ states: ['waiting'] })).items.length === 3);
    await app.client.cancel(id);
    isMended = true;
    await app.client.retry(id);
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded', output: '"leaf"' });
    expect((await app.client.list({})).items).toHaveLength(3);
  });

  test('the end of a child that still ends of its cancel is no answer', async () => {
    const [aborted, mayEnd] = [createDeferred<void>(), createDeferred<void>()];
    let isMended = false;
    const child = defineJob({
      name: 'child',
      run: async ({ signal }) => {
        if (isMended) return 'grown';
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted.resolve();
        await mayEnd.promise;
        throw new Error('cut off');
      },
    });
    const parent = defineJob({ name: 'parent', run: ({ step }) => step.run('child', child, undefined) });
    const { app } = openApp([parent, child], { limits });
    await app.start();
    const { id } = await app.client.enqueue(parent);
    await until('the child runs', async () => (await app.client.list({ job: 'child', states: ['running'] })).items[0]);
    await app.client.cancel(id);
    await aborted.promise;
    await app.client.wait(id, { timeout: '50s' });
    await app.client.retry(id);
    await until('the parent waits', async () => (await app.client.find(id)).state === 'waiting');
    isMended = true;
    mayEnd.resolve();
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded', output: '"grown"' });
    expect((await app.client.list({ parent: id })).items).toMatchObject([{ state: 'succeeded' }]);
  });

  test('a retry of both does the work of the child once', async () => {
    const { app, id, child } = await failedWithChild();
    await app.client.retry(child);
    await app.client.retry(id);
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded', output: '"good"' });
    expect((await app.client.list({ parent: id })).items).toMatchObject([{ id: child, epoch: 3 }]);
  });

  test('a retry retries a child that failed, and starts another where the input is another one', async () => {
    for (const input of [1, 2]) {
      const { app, id, child, given } = await failedWithChild();
      given.input = input;
      await app.client.retry(id);
      expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded' });
      const { items } = await app.client.list({ parent: id });
      expect(items.map((run) => run.id === child)).toEqual(input === 1 ? [true] : [false, true]);
    }
  });

  test('a child that succeeded while its parent was finished is the answer', async () => {
    const { app, id, child } = await failedWithChild();
    await app.client.retry(child);
    await app.client.wait(child, { timeout: '50s' });
    await app.client.retry(id);
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded', output: '"good"' });
    expect((await app.client.list({ parent: id })).items).toHaveLength(1);
  });

  test('waits on for a child that is retried before its end was read', async () => {
    const store = await fileStore();
    let isMended = false;
    const child = defineJob({
      name: 'child',
      run: () => {
        if (isMended) return 'good';
        throw new Error('not yet');
      },
    });
    const parent = defineJob({ name: 'parent', run: ({ step }) => step.run('child', child, undefined) });
    const first = openApp([parent], { store, limits });
    await first.app.start();
    const { id } = await first.app.client.enqueue(parent);
    await until('the parent parks', async () => (await first.app.client.find(id)).state === 'waiting');
    await first.app.stop(0);
    const other = openApp([child], { store });
    await other.app.start();
    const { client } = other.app;
    const [only] = (await client.list({ parent: id })).items;
    await client.wait(only!.id, { timeout: '50s' });
    await client.pause({ type: 'job', name: 'child' });
    await client.retry(only!.id);
    isMended = true;
    const again = openApp([parent], { store, limits });
    await again.app.start();
    await until('the parent has looked and parks', async () => {
      const { state, epoch } = await client.find(id);
      return isFinal(state) || (state === 'waiting' && epoch > 1);
    });
    await client.resume({ type: 'job', name: 'child' });
    expect(await client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded', output: '"good"' });
  });
});

describe('a run that is retried', () => {
  test('has the attempts of a new one', async () => {
    const attempts: number[] = [];
    const job = defineJob({
      name: 'shaky',
      retry: { attempts: 3, delay: 0 },
      run: ({ attempt }) => {
        attempts.push(attempt);
        throw new Error('no');
      },
    });
    const { app } = openApp([job]);
    await app.start();
    const { id } = await app.client.enqueue(job);
    await app.client.wait(id, { timeout: '50s' });
    await app.client.retry(id);
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'failed' });
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

/** A parent that failed with its child; mended since. */
async function failedWithChild() {
  const given = { input: 1 };
  let isMended = false;
  const kid = defineJob({
    name: 'kid',
    run: () => {
      if (isMended) return 'good';
      throw new Error('not yet');
    },
  });
  const parent = defineJob({ name: 'parent', run: ({ step }) => step.run('kid', kid, given.input as never) });
  const { app } = openApp([parent, kid], { limits });
  await app.start();
  const { id } = await app.client.enqueue(parent);
  expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'failed' });
  isMended = true;
  const [child] = (await app.client.list({ parent: id })).items;
  return { app, id, child: child!.id, given };
}

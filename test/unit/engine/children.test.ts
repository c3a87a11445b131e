import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../../src/job/define.ts';
import { JobError } from '../../../src/job/failure.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { fileStore, openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

const double = defineJob({ name: 'double', input: z.number(), run: ({ input }) => ({ doubled: input * 2 }) });

describe('a child run', () => {
  test('VT-20 is a run of its own, whose output is the result of the step', async () => {
    const parent = defineJob({
      name: 'parent',
      run: async ({ step }) => {
        const { doubled } = await step.run(['double', 1], double, 21);
        return doubled;
      },
    });
    const { app, run, steps } = openApp([parent, double]);
    const { id, output, traceId } = await run('parent');
    expect(output).toBe('42');
    expect(await steps(id)).toEqual(['double:1 succeeded 1']);
    const { items } = await app.client.list({ parent: id });
    expect(items).toMatchObject([
      { job: 'double', trigger: 'parent', state: 'succeeded', root: id, traceId, input: '21' },
    ]);
  });

  test('VT-20 is created once, whatever the attempts of its parent', async () => {
    const parent = defineJob({
      name: 'parent',
      retry: { attempts: 2, delay: 0 },
      run: async ({ step, attempt }) => {
        const results = await Promise.all([1, 2, 3].map((n) => step.run(['double', n], double, n)));
        if (attempt === 1) throw new Error('once more');
        return results.map(({ doubled }) => doubled);
      },
    });
    const { app, run } = openApp([parent, double]);
    const { id, output } = await run('parent');
    expect(output).toBe('[2,4,6]');
    expect((await app.client.list({ parent: id })).items).toHaveLength(3);
  });

  test('VT-20 that fails fails the step with its error; that is caught or fails the parent', async () => {
    const broken = defineJob({
      name: 'broken',
      run: () => {
        throw new JobError('NO_LUCK', 'none', { data: { a: 1 } });
      },
    });
    const caught: unknown[] = [];
    const brave = defineJob({
      name: 'brave',
      run: ({ step }) =>
        step
          .run('child', broken, undefined)
          .catch((error: JobError) => caught.push([error.code, error.message, error.data])),
    });
    const plain = defineJob({ name: 'plain', run: ({ step }) => step.run('child', broken, undefined) });
    const { run } = openApp([broken, brave, plain]);
    expect(await run('brave')).toMatchObject({ state: 'succeeded' });
    expect(caught).toEqual([['NO_LUCK', 'none', { a: 1 }]]);
    expect(await run('plain')).toMatchObject({ state: 'failed', error: { code: 'NO_LUCK', message: 'none' } });
  });

  test('VT-20 that is cancelled by somebody fails its parent, which is not cancelled', async () => {
    const long = defineJob({ name: 'long', run: ({ step }) => step.wait('never') });
    const parent = defineJob({ name: 'parent', run: ({ step }) => step.run('child', long, undefined) });
    const { app, run } = openApp([parent, long]);
    const running = run('parent', { key: 'p' });
    const child = await until('the child', async () => (await app.client.list({ job: 'long' })).items[0]);
    await app.client.cancel(child.id, 'not this one');
    expect(await running).toMatchObject({ state: 'failed', error: { code: 'RUN_CANCELLED' } });
  });

  test('VT-20 is cancelled with its parent, in whatever state it is', async () => {
    const waiting = defineJob({ name: 'waiting', run: ({ step }) => step.wait('never') });
    const running = defineJob({
      name: 'running',
      run: ({ signal }) =>
        new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    const unknown = defineJob({ name: 'unknown', run: () => undefined });
    const parent = defineJob({
      name: 'parent',
      run: ({ step }) =>
        Promise.all([
          step.run('one', waiting, undefined),
          step.run('two', running, undefined),
          step.run('three', unknown, undefined),
        ]),
    });
    const { app, run } = openApp([parent, waiting, running], { limits: { parkAfter: 20 } });
    const ended = run('parent', { key: 'p' });
    await until('its children', async () => {
      const { items } = await app.client.list({ states: ['running', 'waiting', 'queued'] });
      const states = new Set(items.map(({ job, state }) => `${job} ${state}`));
      return ['waiting waiting', 'running running', 'unknown queued'].every((state) => states.has(state));
    });
    await app.client.cancel('p');
    const { id, state } = await ended;
    expect(state).toBe('cancelled');
    await until('all are cancelled', async () => {
      const { items } = await app.client.list({ parent: id });
      return items.length === 3 && items.every((child) => child.state === 'cancelled');
    });
  });

  test('VT-20 that nobody waits for goes on when its parent has succeeded', async () => {
    const release = createDeferred<void>();
    const slow = defineJob({ name: 'slow', run: () => release.promise });
    const parent = defineJob({
      name: 'parent',
      run: async ({ step }) => Promise.race([step.run('slow', slow, undefined), step.sleep('a bit', 20)]),
    });
    const { app } = openApp([parent, slow]);
    await app.start();
    const { id } = await app.client.enqueue(parent);
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded' });
    release.resolve();
    await until('the child ends', async () => (await app.client.list({ parent: id })).items[0]?.state === 'succeeded');
  });

  test('VT-20 with input that its schema refuses is not created; the step fails', async () => {
    const parent = defineJob({ name: 'parent', run: ({ step }) => step.run('double', double, 'x' as never) });
    const { app, run } = openApp([parent, double]);
    expect(await run('parent')).toMatchObject({ state: 'failed', error: { code: 'INPUT_INVALID' } });
    expect((await app.client.list({ job: 'double' })).items).toEqual([]);
  });

  test('VT-20 of a job with a computed key runs also when another run has that key', async () => {
    let calls = 0;
    const keyed = defineJob({ name: 'keyed', input: z.string(), key: (input) => input, run: () => ++calls });
    const parent = defineJob({
      name: 'parent',
      run: ({ step }) => Promise.all([step.run('one', keyed, 'a'), step.run('two', keyed, 'a')]),
    });
    const { run } = openApp([parent, keyed]);
    await run('keyed', { input: 'a' });
    expect(await run('parent')).toMatchObject({ state: 'succeeded', output: '[2,3]' });
  });

  test('VT-20 is executed by whoever knows its job; the parent parks meanwhile', async () => {
    const store = await fileStore();
    const release = createDeferred<void>();
    const remote = defineJob({
      name: 'remote',
      run: async () => {
        await release.promise;
        return 'from afar';
      },
    });
    const parent = defineJob({ name: 'parent', run: ({ step }) => step.run('child', remote, undefined) });
    const here = openApp([parent], { store, limits: { parkAfter: 20 } });
    const there = openApp([remote], { store });
    await there.app.start();
    const running = here.run('parent', { key: 'p' });
    await until('the parent parks', async () => (await here.app.client.get('p'))?.state === 'waiting');
    release.resolve();
    expect(await running).toMatchObject({ state: 'succeeded', output: '"from afar"' });
  });

  test('VT-20 chains of children of children come back', async () => {
    const down = defineJob({
      name: 'down',
      input: z.number(),
      run: async ({ input, step }): Promise<number> =>
        input === 0 ? 0 : 1 + Number(await step.run('deeper', down as never, (input - 1) as never)),
    });
    expect(await openApp([down]).run('down', { input: 8 })).toMatchObject({ state: 'succeeded', output: '8' });
  });
});

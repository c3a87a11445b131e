import { describe, expect, test } from 'vitest';
import { createClient } from '../../../src/app/client/create-client.ts';
import { abandonedRuns } from '../../../src/app/abandoned-runs.ts';
import { defineServices } from '../../../src/job/define-services.ts';
import { defineJob } from '../../../src/job/define.ts';
import { service } from '../../../src/job/services.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { awayStore } from '../../support/away-store.ts';
import { fileStore, openApp, type TestApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

/** Takes the worker of an app for dead, as another process would that saw its counter stand still. */
async function evictWorkerOf({ app }: TestApp): Promise<void> {
  const store = await app.openStore();
  const targets = (await store.workers()).map(({ id }) => ({ id, seenHeartbeat: null, counted: true }));
  await store.evict(targets);
}

describe('a worker that was wrongly taken for dead', () => {
  test('VT-12 loses its runs, whose handlers are told and whose writes are refused, and starts anew', async () => {
    const release = createDeferred<void>();
    const begun: number[] = [];
    let reason: unknown;
    let late: unknown;
    const job = defineJob({
      name: 'work',
      run: async ({ step, signal, log }) => {
        const life = begun.push(begun.length + 1);
        const value = await step('one', async () => {
          if (life === 1) {
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
            reason = signal.reason;
          }
          return life;
        });
        log.info(`life ${life} goes on`);
        if (life === 1) late = value;
        return value;
      },
    });
    const opened = openApp([job]);
    await opened.app.start();
    const { id } = await opened.app.client.enqueue(job);
    await until('it has begun', () => begun.length === 1);
    await evictWorkerOf(opened);
    const run = await opened.app.client.wait(id, { timeout: '50s' });
    release.resolve();
    expect(run).toMatchObject({ state: 'succeeded', output: '2', attempt: 1, crashes: 0 });
    expect(reason).toMatchObject({ code: 'RUN_LOST' });
    expect(late).toBe(undefined);
    expect((await opened.lines(id)).map(({ text }) => text)).toEqual(['life 2 goes on']);
    expect(opened.log.texts('warn')).toContainEqual(expect.stringContaining('taken for dead'));
  });

  test('VT-13 numbers a step that was begun and lost as it did before: restarting forgets what was asked for after it', async () => {
    const calls: string[] = [];
    let lives = 0;
    const job = defineJob({
      name: 'work',
      run: async ({ step }) => {
        const life = ++lives;
        const does = (name: string) => () => void calls.push(name);
        const lost = step('lost', () => (life === 1 ? new Promise(() => undefined) : does('lost')()));
        await step('after', does('after'));
        await lost;
      },
    });
    const opened = openApp([job]);
    await opened.app.start();
    const { id } = await opened.app.client.enqueue(job);
    await until('the second is recorded', async () => (await opened.steps(id)).length === 1);
    await evictWorkerOf(opened);
    await opened.app.client.wait(id, { timeout: '50s' });
    expect(calls.splice(0)).toEqual(['after', 'lost']);
    await opened.app.client.restart(id, { from: 'after' });
    await opened.app.client.wait(id, { timeout: '50s' });
    expect(calls.splice(0)).toEqual(['after']);
    await opened.app.client.restart(id, { from: 'lost' });
    await opened.app.client.wait(id, { timeout: '50s' });
    expect(calls).toEqual(['lost', 'after']);
  });

  test('VT-12 goes on with what it runs by itself', async () => {
    let lives = 0;
    const job = defineJob({
      name: 'work',
      run: ({ signal }) =>
        ++lives === 1
          ? new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
          : 'second life',
    });
    const opened = openApp([job]);
    const running = opened.run('work');
    await until('it has begun', () => lives === 1);
    await evictWorkerOf(opened);
    expect(await running).toMatchObject({ state: 'succeeded', output: '"second life"' });
  });

  test('VT-12 starts anew also when the store is away in that moment', async () => {
    let runs = 0;
    const job = defineJob({ name: 'work', run: () => ++runs });
    const first = openApp([job]);
    const away = awayStore(await first.app.openStore());
    const opened = openApp([job], { store: away.store });
    await opened.app.start();
    await evictWorkerOf(first);
    away.isAway = true;
    await new Promise((resolve) => setTimeout(resolve, 50));
    away.isAway = false;
    const { id } = await first.app.client.enqueue(job);
    expect(await first.app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded' });
  });

  test('SJ-15 opens no service a second time, and closes it when the app stops', async () => {
    const events: string[] = [];
    const { defineJob: define } = defineServices({
      db: service(
        () => events.push('open'),
        () => void events.push('close'),
      ),
    });
    const job = define({ name: 'work', run: ({ services: { db } }) => db });
    const opened = openApp([job]);
    await opened.app.start();
    const first = await opened.app.client.enqueue(job);
    expect(await first.result({ timeout: '50s' })).toBe(1);
    await evictWorkerOf(opened);
    const second = await opened.app.client.enqueue(job);
    expect(await second.result({ timeout: '50s' })).toBe(1);
    expect(opened.log.texts('warn')).toContainEqual(expect.stringContaining('starts anew'));
    await opened.app.stop();
    expect(events).toEqual(['open', 'close']);
  });

  test.each(['workers', 'registerWorker'] as const)(
    'VT-12 leaves no worker behind when it is stopped while it starts anew and %s takes its time',
    async (slow) => {
      const first = openApp([]);
      const inner = await first.app.openStore();
      let isHeld = false;
      const held = createDeferred<void>();
      const release = createDeferred<void>();
      const store = new Proxy(inner, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name, target);
          if (typeof member !== 'function') return member;
          return async (...args: unknown[]): Promise<unknown> => {
            if (name === slow && isHeld) {
              held.resolve();
              await release.promise;
            }
            return Reflect.apply(member, target, args) as unknown;
          };
        },
      });
      const opened = openApp([], { store });
      await opened.app.start();
      isHeld = true;
      await evictWorkerOf(first);
      await held.promise;
      const stopped = opened.app.stop(0);
      // What a stop that does not wait for it would leave behind registers in this time.
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, 100))]);
      release.resolve();
      await stopped;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await inner.workers()).toEqual([]);
    },
  );
});

test('a cancel that its owner never saw ends the run when the next worker claims it, before anything is executed', async () => {
  const begun = createDeferred<void>();
  let lives = 0;
  const job = defineJob({
    name: 'work',
    run: () => {
      lives++;
      begun.resolve();
      return new Promise(() => undefined);
    },
  });
  const opened = openApp([job]);
  await opened.app.start();
  const { id } = await opened.app.client.enqueue(job);
  await begun.promise;
  const store = await opened.app.openStore();
  const [answer] = await store.act([
    { id: 'x', ref: id, kind: 'cancel', callbacks: 'unknown', actor: 'ego', reason: 'enough' },
  ]);
  expect(answer?.verdict).toBe('pending');
  await evictWorkerOf(opened);
  expect(await opened.app.client.wait(id, { timeout: '50s' })).toMatchObject({
    state: 'cancelled',
    error: { code: 'RUN_CANCELLED', message: 'cancelled by ego: enough' },
  });
  expect(lives).toBe(1);
});

describe('a node of a given name', () => {
  test('replaces its previous worker, whose app says NODE_TAKEN', async () => {
    const store = await fileStore();
    const job = defineJob({ name: 'work', run: () => 1 });
    const previous = openApp([job], { store, node: 'one' });
    await previous.app.start();
    const younger = openApp([job], { store, node: 'one' });
    await younger.app.start();
    await expect(previous.app.failed).rejects.toMatchObject({ code: 'NODE_TAKEN' });
    const workers = await (await younger.app.openStore()).workers();
    expect(workers).toHaveLength(1);
  });

  test('two without a name live side by side', async () => {
    const store = await fileStore();
    const apps = [openApp([], { store }), openApp([], { store })];
    await Promise.all(apps.map(({ app }) => app.start()));
    expect(await (await apps[0]!.app.openStore()).workers()).toHaveLength(2);
  });
});

describe('a store that is away while runs are in execution', () => {
  test('fails no step: what was done is recorded once it answers', async () => {
    const inner = openApp([]);
    const away = awayStore(await inner.app.openStore());
    const calls: string[] = [];
    const job = defineJob({
      name: 'work',
      run: async ({ step }) => {
        const one = await step('one', () => {
          away.isAway = true;
          setTimeout(() => (away.isAway = false), 300);
          return calls.push('one');
        });
        const two = await step('two', () => calls.push('two'));
        return [one, two];
      },
    });
    const opened = openApp([job], { store: away.store });
    await opened.app.start();
    const client = createClient({ store: await inner.app.openStore() });
    const { id } = await client.enqueue('work');
    const run = await client.wait(id, { timeout: '50s' });
    expect(run).toMatchObject({ state: 'succeeded', output: '[1,2]', attempt: 1 });
    expect(calls).toEqual(['one', 'two']);
    expect(opened.log.texts('warn')).toContain('the store answers again');
  });

  test('only who asks is told', async () => {
    const inner = openApp([]);
    const away = awayStore(await inner.app.openStore());
    const opened = openApp([defineJob({ name: 'work', run: () => 1 })], { store: away.store });
    await opened.app.openStore();
    away.isAway = true;
    await expect(opened.app.client.enqueue('work')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(opened.app.client.list()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(opened.run('work')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    away.isAway = false;
    expect(await opened.run('work')).toMatchObject({ state: 'succeeded' });
    expect((await opened.app.client.list()).items).toHaveLength(1);
  });
});

test('runs that a dead process left behind are known until a worker comes', async () => {
  const store = await fileStore();
  const begun = createDeferred<void>();
  const job = defineJob({
    name: 'work',
    run: ({ signal }) => {
      begun.resolve();
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  });
  const dead = openApp([job], { store });
  const running = dead.run('work', { key: 'a' }).catch(() => null);
  await begun.promise;
  const other = openApp([], { store });
  const otherStore = await other.app.openStore();
  const [worker] = await otherStore.workers();
  await otherStore.evict([{ id: worker!.id, seenHeartbeat: null, counted: true }]);
  // At once: an app that learns that it was evicted starts anew and goes on with what it was asked for.
  await dead.app.stop(0);
  await running;
  expect(await abandonedRuns(await other.app.openStore())).toHaveLength(1);
  const quick = openApp([defineJob({ name: 'work', run: () => 'done' })], { store });
  await quick.app.start();
  expect(await quick.app.client.wait('a', { timeout: '50s' })).toMatchObject({ output: '"done"' });
  expect(await abandonedRuns(await other.app.openStore())).toEqual([]);
});

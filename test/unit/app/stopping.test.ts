import { describe, expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { fileStore, openApp } from '../../support/apps.ts';
import { awayStore } from '../../support/away-store.ts';
import { turns, until } from '../../support/until.ts';

describe('what stop waits for', () => {
  test('may use the client to its end: the handler, afterRun and onStop; nobody else may', async () => {
    const begun = createDeferred<void>();
    const release = createDeferred<void>();
    const heard: string[] = [];
    const store = await fileStore();
    const next = defineJob({ name: 'next', run: () => 1 });
    const work = defineJob({
      name: 'work',
      retry: { attempts: 5, delay: 0 },
      async run({ run }) {
        begun.resolve();
        await release.promise;
        await app.client.enqueue(next, undefined, { key: 'follow-up' });
        return (await app.client.find(run.id)).state;
      },
    });
    const opened = openApp([next, work], {
      store,
      hooks: {
        afterRun: async ({ id }) => void heard.push(`afterRun ${(await app.client.find(id)).state}`),
        onStop: async () => void heard.push(`onStop ${(await app.client.find('follow-up')).state}`),
      },
    });
    const { app } = opened;
    await app.start();
    const { id } = await app.client.enqueue(work);
    await begun.promise;
    const stopped = app.stop();
    await expect(app.client.find(id)).rejects.toMatchObject({ code: 'APP_STOPPING' });
    release.resolve();
    await stopped;
    const { app: other } = openApp([], { store });
    expect(await other.client.find(id)).toMatchObject({ state: 'succeeded', attempt: 1, output: '"running"' });
    expect(await other.client.find('follow-up')).toMatchObject({ state: 'queued' });
    expect(heard).toEqual(['afterRun succeeded', 'onStop queued']);
    await expect(app.client.find(id)).rejects.toMatchObject({ code: 'APP_STOPPING' });
  });

  test('is handed back where the stop refused it something, and not failed', async () => {
    const begun = createDeferred<void>();
    const release = createDeferred<void>();
    const store = await fileStore();
    const work = defineJob({
      name: 'work',
      async run() {
        begun.resolve();
        await release.promise;
        await app.execute([{ job: 'work', trigger: 'api' }]);
      },
    });
    const { app } = openApp([work], { store });
    await app.start();
    const { id } = await app.client.enqueue(work);
    await begun.promise;
    const stopped = app.stop();
    await turns(50); // its attempts have been told
    release.resolve();
    await stopped;
    const { app: other } = openApp([], { store });
    expect(await other.client.find(id)).toMatchObject({ state: 'queued', attempt: 1, error: null });
  });

  test('is no hook afterRun that never ends: past the grace of its job its slot is free, and stop ends', async () => {
    const { app, log } = openApp([defineJob({ name: 'work', grace: 20, run: () => 1 })], {
      concurrency: 1,
      hooks: { afterRun: () => new Promise(() => undefined) },
    });
    await app.start();
    const handles = await Promise.all([1, 2, 3].map(() => app.client.enqueue('work')));
    for (const handle of handles) expect(await handle.result()).toBe(1);
    await app.stop();
    expect(log.texts('error')).toEqual(
      Array.from({ length: 3 }, () => 'the hook afterRun did not end in time and is left behind'),
    );
  });
});

describe('an app that was stopped', () => {
  test('does not start again, and says so', async () => {
    const { app } = openApp([]);
    await app.start();
    await app.stop();
    await expect(app.start()).rejects.toMatchObject({ code: 'APP_STOPPING', message: 'the app has been stopped' });
  });

  test('while it started ends at once: what could hang is not waited for', async () => {
    const { app: real } = openApp([]);
    const away = awayStore(await real.openStore());
    away.hangs = true;
    const { app } = openApp([], { store: away.store });
    const started = app.start();
    const told = expect(started).rejects.toMatchObject({ code: 'APP_STOPPING' });
    await app.stop();
    await told;
  });
});

describe('without a store', () => {
  test.each(['isAway', 'hangs'] as const)(
    'that %s stop ends past the grace, and names the runs that were not recorded',
    async (how) => {
      const { app } = openApp([]);
      const begun = createDeferred<void>();
      const release = createDeferred<void>();
      const job = defineJob({
        name: 'long',
        async run({ step }) {
          await step('a', async () => {
            begun.resolve();
            await release.promise;
          });
        },
      });
      const away = awayStore(await app.openStore());
      const worker = openApp([job], { store: away.store });
      await worker.app.start();
      const { id } = await worker.app.client.enqueue(job);
      await begun.promise;
      away[how] = true;
      const stopped = worker.app.stop(50);
      release.resolve();
      await expect(stopped).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining(`long ${id}`) as string,
      });
      const named = worker.log.lines.filter(({ text }) => text.includes('is not recorded'));
      expect(named.map(({ fields }) => fields['run'])).toEqual([id]);
      expect(await app.client.find(id)).toMatchObject({ state: 'running' });
    },
  );

  test('that comes back within the grace all is recorded', async () => {
    const { app } = openApp([]);
    const begun = createDeferred<void>();
    const job = defineJob({
      name: 'long',
      async run({ step }) {
        await step('a', () => (away.isAway = true));
        begun.resolve();
        await step('b', () => 1);
      },
    });
    const away = awayStore(await app.openStore());
    const worker = openApp([job], { store: away.store });
    await worker.app.start();
    const { id } = await worker.app.client.enqueue(job);
    await until('the journal has noticed', () =>
      worker.log.texts('warn').some((text) => text.includes('does not answer')),
    );
    const stopped = worker.app.stop();
    away.isAway = false;
    await stopped;
    const { steps, state, crashes } = await app.client.find(id, { steps: true });
    expect({ keys: steps?.map(({ key }) => key), state, crashes }).toEqual({
      keys: ['a'],
      state: 'queued',
      crashes: 0,
    });
  });
});

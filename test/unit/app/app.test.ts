import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { App } from '../../../src/app/app.ts';
import { defineServices } from '../../../src/job/define-services.ts';
import { defineJob } from '../../../src/job/define.ts';
import type { Hooks } from '../../../src/job/hooks.ts';
import { createApp } from '../../../src/program/create-app.ts';
import { roles } from '../../../src/program/roles.ts';
import { service } from '../../../src/job/services.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { fileStore, openApp } from '../../support/apps.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { until } from '../../support/until.ts';

const hello = defineJob({ name: 'hello', run: () => 'world' });

describe('createApp', () => {
  test.each([
    [{ node: '' }, 'node'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ limits: { value: 1.5 } }, 'limits.value'],
    [{ limits: { lease: '10ms' } }, 'limits.lease'],
    [{ keep: { failedRuns: -1 } }, 'keep.failedRuns'],
  ] as const)('refuses %j and names the option', (options, name) => {
    expect(() => createApp({ jobs: [hello], ...options })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) as string }),
    );
  });

  test('EGO-24 refuses two jobs of one name and an empty one, naming the places', () => {
    const twin = defineJob({ name: 'HelloJob', run: () => 1 });
    expect(() => createApp({ jobs: [hello, twin] })).toThrow(/app\.test\.ts:\d+.*app\.test\.ts:\d+/);
    expect(() => createApp({ jobs: [defineJob({ run: () => 1 })] })).toThrow(/empty name/);
  });

  test('opens nothing: a store that cannot be opened is told to the first call', async () => {
    const { app, run } = openApp([hello], { store: 'cassandra://x' });
    await expect(run('hello')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(app.client.list()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('a store that was away at first is tried again', async () => {
    const url = await fileStore();
    const path = url.slice('sqlite:'.length);
    await rm(dirname(path), { recursive: true });
    const inTheWay = dirname(path);
    await mkdir(path, { recursive: true });
    const { run } = openApp([hello], { store: url });
    await expect(run('hello')).rejects.toMatchObject({ code: expect.stringMatching(/STORE|CONFIG/) as string });
    await rm(inTheWay, { recursive: true });
    expect(await run('hello')).toMatchObject({ state: 'succeeded' });
  });
});

describe('services', () => {
  function services(events: string[]) {
    const named = (name: string) =>
      service(
        () => {
          events.push(`open ${name}`);
          return { name };
        },
        () => {
          events.push(`close ${name}`);
        },
      );
    return defineServices({ db: named('db'), mailboxSeq: named('mail') });
  }

  test('SJ-15 are opened once, in order, at first use, and closed in reverse', async () => {
    const events: string[] = [];
    const { defineJob: define } = services(events);
    const one = define({ name: 'one', run: ({ services: { db } }) => db.name });
    const two = define({ name: 'two', run: ({ services: { mailboxSeq } }) => mailboxSeq.name });
    const { app } = openApp([one, two, hello]);
    await app.execute([{ job: 'hello', trigger: 'api' }]);
    expect(events).toEqual([]);
    const runs = await app.execute([
      { job: 'one', trigger: 'api' },
      { job: 'two', trigger: 'api' },
      { job: 'one', trigger: 'api' },
    ]);
    expect(runs.map(({ output }) => output)).toEqual(['"db"', '"mail"', '"db"']);
    expect(events).toEqual(['open db', 'open mail']);
    await app.stop();
    expect(events).toEqual(['open db', 'open mail', 'close mail', 'close db']);
  });

  test('SJ-15 one whose open fails fails the run, which is retried by its policy, and what was opened before is closed', async () => {
    const events: string[] = [];
    let tries = 0;
    const { defineJob: define } = defineServices({
      first: service(
        () => 'first',
        () => events.push('close first'),
      ),
      second: service(() => {
        if (++tries < 3) throw new Error('connection refused');
        return 'second';
      }),
    });
    const job = define({
      name: 'needs',
      retry: { attempts: 3, delay: 0 },
      run: ({ services: given }) => `${given.first} ${given.second}`,
    });
    expect(await openApp([job]).run('needs')).toMatchObject({
      state: 'succeeded',
      attempt: 3,
      output: '"first second"',
    });
    expect(events).toEqual(['close first', 'close first']);
    tries = -10;
    expect(await openApp([job]).run('needs')).toMatchObject({
      state: 'failed',
      error: { message: 'the service second could not be opened: connection refused' },
    });
  });

  test('SJ-15 one that the program has opened itself is the very same for its jobs', async () => {
    const pool = { name: 'shared' };
    const { defineJob: define } = defineServices({ db: service(() => pool) });
    const job = define({ name: 'needs', run: ({ services: { db } }) => db === pool });
    expect(await openApp([job]).run('needs')).toMatchObject({ output: 'true' });
  });

  test('SJ-15 a failing close stops neither the others nor the app', async () => {
    const events: string[] = [];
    const { defineJob: define } = defineServices({
      one: service(
        () => 1,
        () => events.push('close one'),
      ),
      two: service(
        () => 2,
        () => {
          throw new Error('no luck');
        },
      ),
    });
    const { app, run, log } = openApp([define({ name: 'needs', run: () => 1 })]);
    await run('needs');
    await app.stop();
    expect(events).toEqual(['close one']);
    expect(log.texts('error')).toEqual(['the service two could not be closed']);
  });
});

describe('hooks', () => {
  function told(events: string[], more: Hooks = {}): Hooks {
    return {
      onStart: () => void events.push('onStart'),
      beforeRun: ({ job, attempt }) => void events.push(`beforeRun ${job} ${attempt}`),
      afterRun: ({ job }, { state, error }) => void events.push(`afterRun ${job} ${state} ${error?.code ?? '-'}`),
      onStop: () => void events.push('onStop'),
      ...more,
    };
  }

  test('GJ-13 come in order, around each attempt, once around all', async () => {
    const events: string[] = [];
    const flaky = defineJob({
      name: 'flaky',
      retry: { attempts: 2, delay: 0 },
      run: ({ attempt }) => {
        events.push(`run ${attempt}`);
        if (attempt === 1) throw new Error('no luck');
      },
    });
    const { app, run } = openApp([flaky, hello], { hooks: told(events) });
    await run('flaky');
    await run('hello');
    await app.stop();
    await app.stop();
    expect(events).toEqual([
      'onStart',
      'beforeRun flaky 1',
      'run 1',
      'afterRun flaky retried JOB_FAILED',
      'beforeRun flaky 2',
      'run 2',
      'afterRun flaky succeeded -',
      'beforeRun hello 1',
      'afterRun hello succeeded -',
      'onStop',
    ]);
  });

  test('GJ-13 a throw in beforeRun fails the run; the job does not start', async () => {
    const events: string[] = [];
    let ran = false;
    const job = defineJob({
      name: 'work',
      run: () => {
        ran = true;
      },
    });
    const hooks = told(events, { beforeRun: () => Promise.reject(new Error('not today')) });
    expect(await openApp([job], { hooks }).run('work')).toMatchObject({
      state: 'failed',
      error: { code: 'JOB_FAILED', message: 'not today' },
    });
    expect(ran).toBe(false);
    expect(events).toEqual(['onStart', 'afterRun work failed JOB_FAILED']);
  });

  test('GJ-13 a throw in afterRun changes nothing and is logged', async () => {
    const hooks: Hooks = {
      afterRun: () => {
        throw Object.create(null);
      },
    };
    const { run, log } = openApp([hello], { hooks });
    expect(await run('hello')).toMatchObject({ state: 'succeeded' });
    expect(log.texts('error')).toEqual(['the hook afterRun failed']);
  });

  test('GJ-13 a throw in onStart is told to who starts', async () => {
    const { run } = openApp([hello], { hooks: { onStart: () => Promise.reject(new Error('no licence')) } });
    await expect(run('hello')).rejects.toThrow('no licence');
  });

  test('GJ-13 a throw in onStop is told to who stops, and everything is closed all the same', async () => {
    const events: string[] = [];
    const says = (text: string) => () => Promise.resolve(void events.push(text));
    const hooks: Hooks = { onStop: () => Promise.reject(new Error('no goodbye')) };
    const http = { name: 'http', start: says('serves'), drain: says('drains'), stop: says('is down') };
    const app = new App(
      { store: await fileStore(), log: new RecordingLog(), jobs: [hello], roles: ['worker', 'http'], hooks },
      { ...roles, http: () => [http] },
    );
    await app.start();
    const store = await app.openStore();
    await expect(app.stop()).rejects.toThrow('no goodbye');
    expect(events).toEqual(['serves', 'drains', 'is down']);
    await expect(store.workers()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('start and stop', () => {
  test('an app that has run jobs by itself does not take due runs any more', async () => {
    const { app, run } = openApp([hello]);
    expect(await run('hello')).toMatchObject({ state: 'succeeded' });
    await expect(app.start()).rejects.toMatchObject({ code: 'APP_STOPPING' });
  });

  test('one that takes due runs executes its own with the same worker', async () => {
    const { app, run } = openApp([hello]);
    await app.start();
    expect(await run('hello')).toMatchObject({ state: 'succeeded' });
    expect(await app.client.workers()).toHaveLength(1);
  });

  test('SJ-8 start resolves once it is up and takes what is due; stop waits for what runs and is idempotent', async () => {
    const release = createDeferred<void>();
    const begun = createDeferred<void>();
    const job = defineJob({
      name: 'long',
      run: async () => {
        begun.resolve();
        await release.promise;
        return 'done';
      },
    });
    const store = await fileStore();
    const { app } = openApp([job], { store });
    await Promise.all([app.start(), app.start()]);
    const { id } = await app.client.enqueue(job);
    await begun.promise;
    let stopped = false;
    const stopping = Promise.all([app.stop(), app.stop()]).then(() => (stopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    release.resolve();
    await stopping;
    const { app: other } = openApp([], { store });
    expect(await other.client.find(id)).toMatchObject({ state: 'succeeded', output: '"done"' });
    expect(await (await other.openStore()).workers()).toEqual([]);
  });

  test('SJ-8 past the grace what still runs is told to stop and handed back', async () => {
    const begun = createDeferred<void>();
    let reason: unknown;
    const define = (deaf: boolean) =>
      defineJob({
        name: 'long',
        grace: 20,
        run: ({ signal }) => {
          begun.resolve();
          return new Promise<void>((_, reject) => {
            signal.addEventListener('abort', () => {
              reason = signal.reason;
              if (!deaf) reject(signal.reason as Error);
            });
          });
        },
      });
    for (const deaf of [false, true]) {
      const store = await fileStore();
      const { app } = openApp([define(deaf)], { store });
      await app.start();
      const { id } = await app.client.enqueue('long');
      await begun.promise;
      await until('it runs', () => app.running.load === 1);
      await app.stop(10);
      expect(reason).toMatchObject({ code: 'APP_STOPPING' });
      const { app: other } = openApp([], { store });
      expect(await other.client.find(id)).toMatchObject({ state: 'queued', attempt: 1, crashes: 0, error: null });
    }
  });

  test('SJ-8 what was claimed and has not begun is handed back without being executed', async () => {
    const release = createDeferred<void>();
    const begun: string[] = [];
    const job = defineJob({
      name: 'long',
      run: async ({ run }) => {
        begun.push(run.id);
        await release.promise;
      },
    });
    const store = await fileStore();
    const { app } = openApp([job], { store, concurrency: 1 });
    await app.start();
    const running = app.execute(Array.from({ length: 3 }, () => ({ job: 'long', trigger: 'api' }))).catch(() => []);
    await until('the first has begun', () => begun.length === 1);
    const stopped = app.stop();
    release.resolve();
    await Promise.all([stopped, running]);
    expect(begun).toHaveLength(1);
    const { app: other } = openApp([], { store });
    const { items } = await other.client.list();
    const states = items.map(({ state, crashes }) => `${state}, ${crashes} crashes`);
    expect(states.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'queued, 0 crashes',
      'queued, 0 crashes',
      'succeeded, 0 crashes',
    ]);
  });

  test('SJ-8 an app that was never used stops at once', async () => {
    const { app } = openApp([hello]);
    await app.stop();
    await expect(app.client.list()).rejects.toMatchObject({ code: 'APP_STOPPING' });
  });

  test('SJ-8 a store that was handed over stays open', async () => {
    const { app } = openApp([hello]);
    const store = await app.openStore();
    const other = openApp([hello], { store });
    await other.run('hello');
    await other.app.stop();
    expect((await app.client.list()).items).toHaveLength(1);
  });
});

describe('an error that nobody can catch', () => {
  test('thrown in a callback of a run fails that run at once and for good, and no other', async () => {
    const told: string[] = [];
    const job = defineJob({
      name: 'work',
      retry: { attempts: 5, delay: 0 },
      run: ({ input }) =>
        new Promise((resolve) => {
          if (input === 'good') setTimeout(() => resolve('done'), 50);
          else setTimeout(() => told.push(opened.app.running.fault(new TypeError('in a callback'))), 1);
        }),
    });
    const opened = openApp([job]);
    const runs = await opened.app.execute(['bad', 'good'].map((input) => ({ job: 'work', input, trigger: 'api' })));
    expect(runs).toMatchObject([
      { state: 'failed', attempt: 1, error: { code: 'JOB_FAILED', message: 'in a callback' } },
      { state: 'succeeded', output: '"done"' },
    ]);
    expect(told).toEqual(['failed']);
  });

  test('that comes when its run has ended is nobody’s failure any more', async () => {
    const over = createDeferred<void>();
    const later = createDeferred<string>();
    const job = defineJob({
      name: 'work',
      run: () => void over.promise.then(() => later.resolve(opened.app.running.fault(new Error('late')))),
    });
    const opened = openApp([job]);
    expect(await opened.run('work')).toMatchObject({ state: 'succeeded' });
    over.resolve();
    expect(await later.promise).toBe('late');
  });

  test('from outside of any run fails all in execution, as it may be of each', async () => {
    const begun = createDeferred<void>();
    const job = defineJob({
      name: 'work',
      run: () => {
        begun.resolve();
        return new Promise(() => undefined);
      },
    });
    const { app, run } = openApp([job]);
    expect(app.running.fault(new Error('x'))).toBe('nobody');
    const running = run('work');
    await begun.promise;
    expect(app.running.fault(new Error('from a driver'))).toBe('failed');
    expect(await running).toMatchObject({ state: 'failed', error: { message: 'from a driver' } });
    expect(app.running.fault(new Error('x'))).toBe('nobody');
  });
});

describe('configure', () => {
  test('EGO-26 puts other options in their place until something is open', async () => {
    const app = createApp({ jobs: [hello], store: 'memory:', node: 'one' });
    onTestFinished(() => app.stop());
    app.config.change({ jobs: [hello], store: 'memory:', node: 'two', log: new RecordingLog() });
    expect(app.config.settings.node).toBe('two');
    await app.execute([{ job: 'hello', trigger: 'cli' }]);
    expect(() => app.config.change({})).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

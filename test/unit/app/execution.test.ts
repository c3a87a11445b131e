import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { createClient } from '../../../src/app/client/create-client.ts';
import { defineJob } from '../../../src/job/define.ts';
import type { OutputLine } from '../../../src/job/output-line.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { fileStore, openApp } from '../../support/apps.ts';
import { turns, until } from '../../support/until.ts';

const hello = defineJob({ name: 'hello', run: ({ input }) => ({ hello: input ?? 'world' }) });
const broken = defineJob({
  name: 'broken',
  run: () => {
    throw new Error('no luck');
  },
});

describe('execute', () => {
  test('EGO-2 runs all at once and gives the runs in the order of the requests, whatever fails', async () => {
    const both = createDeferred<void>();
    const begun: string[] = [];
    const job = (name: string) =>
      defineJob({
        name,
        run: async () => {
          if (begun.push(name) === 2) both.resolve();
          await both.promise;
          return name;
        },
      });
    const { app } = openApp([job('one'), job('two'), broken]);
    const runs = await app.execute(['two', 'broken', 'one'].map((name) => ({ job: name, trigger: 'cli' })));
    expect(runs.map(({ job: name, state, output }) => [name, state, output])).toEqual([
      ['two', 'succeeded', '"two"'],
      ['broken', 'failed', null],
      ['one', 'succeeded', '"one"'],
    ]);
  });

  test('EGO-3 one unknown name and nothing runs', async () => {
    const { app } = openApp([hello]);
    const refused = app.execute([
      { job: 'hello', trigger: 'cli' },
      { job: 'helo', trigger: 'cli' },
    ]);
    await expect(refused).rejects.toMatchObject({ code: 'JOB_UNKNOWN', data: { nearest: 'hello' } });
    expect((await app.client.list()).items).toEqual([]);
  });

  test('tells its watcher of start, lines, progress and end', async () => {
    const job = defineJob({
      name: 'chatty',
      run: ({ log, progress }) => {
        log.info('one', { n: 1 });
        progress(0.5, 'half');
        console.error('two');
      },
    });
    const { run } = openApp([job]);
    const told: unknown[] = [];
    const ended = await run(
      'chatty',
      {},
      {
        onStart: ({ job: name, created }) => told.push(['start', name, created]),
        onLine: (_, { stream, text }) => told.push([stream, text]),
        onProgress: (_, progress) => told.push(progress),
        onEnd: ({ state }) => told.push(['end', state]),
      },
    );
    expect(told).toEqual([
      ['start', 'chatty', true],
      ['log', 'one'],
      { fraction: 0.5, text: 'half' },
      ['stderr', 'two'],
      ['end', 'succeeded'],
    ]);
    expect(ended.progress).toEqual({ fraction: 0.5, text: 'half' });
  });

  test('EGO-7 what a job prints is kept with its run, also from callbacks, and outside of jobs console works as before', async () => {
    const outside = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const job = defineJob({
      name: 'printer',
      run: async ({ step }) => {
        console.log('plain %s', 'text', { a: 1 });
        await new Promise<void>((resolve) => setTimeout(() => resolve(console.warn('in a callback')), 1));
        await step('part', () => console.info('in a step\nof two lines'));
        console.debug('last');
      },
    });
    const { run, lines } = openApp([job]);
    const { id } = await run('printer');
    const kept = await lines(id);
    expect(kept.map(({ stream, level, text }) => [stream, level, text])).toEqual([
      ['stdout', 'info', 'plain text { a: 1 }'],
      ['stderr', 'warn', 'in a callback'],
      ['stdout', 'info', 'in a step'],
      ['stdout', 'info', 'of two lines'],
      ['stdout', 'debug', 'last'],
    ] satisfies [OutputLine['stream'], OutputLine['level'], string][]);
    expect(outside).not.toHaveBeenCalled();
    console.log('from the program');
    expect(outside).toHaveBeenCalledExactlyOnceWith('from the program');
    outside.mockRestore();
  });

  test('the end of a run is recorded after its output and its progress', async () => {
    const job = defineJob({
      name: 'chatty',
      run: ({ log, progress }) => {
        log.info('one');
        progress(0.5);
      },
    });
    const { app, run } = openApp([job]);
    const store = await app.openStore();
    const order: string[] = [];
    const [append, record] = [store.append.bind(store), store.record.bind(store)];
    vi.spyOn(store, 'append').mockImplementation(async (batch) => {
      await turns(20);
      const verdicts = await append(batch);
      order.push('output');
      return verdicts;
    });
    vi.spyOn(store, 'record').mockImplementation((batch) => {
      order.push(...batch.entries.map(({ kind }) => kind));
      return record(batch);
    });
    await run('chatty');
    expect(order).toEqual(['output', 'outcome']);
  });

  test('two runs that print at once keep their lines apart', async () => {
    const job = defineJob({
      name: 'printer',
      run: async ({ input }) => {
        for (let i = 0; i < 3; i++) {
          console.log(`${String(input)} ${i}`);
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    });
    const { app, lines } = openApp([job]);
    const runs = await app.execute(['a', 'b'].map((input) => ({ job: 'printer', input, trigger: 'cli' })));
    for (const [i, name] of ['a', 'b'].entries()) {
      expect((await lines(runs[i]!.id)).map(({ text }) => text)).toEqual([`${name} 0`, `${name} 1`, `${name} 2`]);
    }
  });

  test('a delayed run begins after its delay, also when the app has nothing else to do', async () => {
    const { app, run } = openApp([hello]);
    await run('hello');
    const store = await app.openStore();
    await until('its roles have found nothing to do', async () => ((await store.workers())[0]?.heartbeat ?? 0) > 0);
    const askedAt = performance.now();
    expect(await run('hello', { delay: 200 })).toMatchObject({ state: 'succeeded' });
    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(195);
  });

  test('of more runs than fit at once executes all', async () => {
    const { app } = openApp([hello], { concurrency: 2 });
    await app.start();
    const runs = await app.execute(Array.from({ length: 25 }, () => ({ job: 'hello', trigger: 'api' })));
    expect(runs.every(({ state }) => state === 'succeeded')).toBe(true);
  });

  test('is refused once the app has stopped', async () => {
    const { app, run } = openApp([hello]);
    await app.stop();
    await expect(run('hello')).rejects.toMatchObject({ code: 'APP_STOPPING' });
  });
});

describe('keys', () => {
  test('VT-6 an existing key gives its run, whatever its state, and nothing is executed', async () => {
    let calls = 0;
    const job = defineJob({ name: 'count', run: () => ++calls });
    const { run } = openApp([job]);
    const first = await run('count', { key: 'a' });
    const seen: boolean[] = [];
    const again = await run('count', { key: 'a' }, { onStart: ({ created }) => seen.push(created) });
    expect(again).toMatchObject({ id: first.id, output: '1' });
    expect(seen).toEqual([false]);
    expect(calls).toBe(1);
  });

  test('VT-6 a key of another input or job is KEY_CONFLICT', async () => {
    const { run } = openApp([hello, broken]);
    await run('hello', { key: 'a', input: 1 });
    await expect(run('hello', { key: 'a', input: 2 })).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    await expect(run('broken', { key: 'a', input: 1 })).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
  });

  test('a key that is in execution here is joined', async () => {
    const release = createDeferred<void>();
    let calls = 0;
    const job = defineJob({
      name: 'once',
      run: async () => {
        calls++;
        await release.promise;
      },
    });
    const { run } = openApp([job]);
    const both = Promise.all([run('once', { key: 'a' }), run('once', { key: 'a' })]);
    await until('begun', () => calls === 1);
    release.resolve();
    const [one, two] = await both;
    expect(one.id).toBe(two.id);
    expect(calls).toBe(1);
  });

  test('a computed key belongs to the job and comes from the parsed input', async () => {
    const job = defineJob({
      name: 'import',
      input: z.object({ shop: z.string().toLowerCase() }),
      key: ({ shop }) => shop,
      run: ({ run }) => run.key,
    });
    const { run } = openApp([job]);
    const first = await run('import', { input: { shop: 'A' } });
    expect(first).toMatchObject({ key: 'import/a', output: '"import/a"' });
    await expect(run('import', { input: { shop: 'a' } }), 'the input as given counts').rejects.toMatchObject({
      code: 'KEY_CONFLICT',
    });
    expect((await run('import', { input: { shop: 'A' } })).id).toBe(first.id);
  });

  test.each([[''], [7], [undefined]])('a computed key that is %j is refused', async (key) => {
    const job = defineJob({ name: 'import', key: () => key as string, run: () => 1 });
    const { app, run } = openApp([job]);
    await expect(run('import')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect((await app.client.list()).items).toEqual([]);
  });

  test('a conflict among several requests: nothing begins, and nothing is left held', async () => {
    let ran = 0;
    const job = (name: string) => defineJob({ name, key: (input) => (input as { key: string }).key, run: () => ++ran });
    const { app, run } = openApp([job('one'), job('two')]);
    await run('two', { input: { key: 'x', n: 1 } });
    const requests = [
      { job: 'one', input: { key: 'x' }, trigger: 'api' as const },
      { job: 'two', input: { key: 'x', n: 2 }, trigger: 'api' as const },
    ];
    await expect(app.execute(requests)).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    await expect(app.enqueue(requests)).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    expect(ran).toBe(1);
    expect((await app.client.list({ job: 'one' })).items).toEqual([]);
  });

  test('a conflict that comes into being in the same moment leaves nothing held', async () => {
    let ran = 0;
    const job = (name: string) => defineJob({ name, key: (input) => (input as { key: string }).key, run: () => ++ran });
    const { app } = openApp([job('one'), job('two')]);
    const store = await app.openStore();
    const get = vi.spyOn(store, 'get').mockResolvedValueOnce([null, null]);
    await app.client.enqueue('two', { key: 'x', n: 1 });
    const requests = [
      { job: 'one', input: { key: 'x' }, trigger: 'api' as const },
      { job: 'two', input: { key: 'x', n: 2 }, trigger: 'api' as const },
    ];
    await expect(app.execute(requests)).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    get.mockRestore();
    expect(ran).toBe(0);
    expect((await app.client.list({ job: 'one' })).items.map(({ state }) => state)).toEqual(['cancelled']);
  });

  test('one key for several jobs is refused', async () => {
    const { app } = openApp([hello, broken]);
    const requests = ['hello', 'broken'].map((job) => ({ job, key: 'a', trigger: 'cli' as const }));
    await expect(app.execute(requests)).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('two apps on one file', () => {
  test('share their runs: what one enqueues the other executes', async () => {
    const store = await fileStore();
    const worker = openApp([hello], { store });
    const client = createClient({ store });
    onTestFinished(() => client.close());
    await worker.app.start();
    const handle = await client.enqueue('hello', 'file');
    expect(await handle.result({ timeout: '50s' })).toEqual({ hello: 'file' });
    expect(await worker.lines(handle.id)).toEqual([]);
  });

  test('never execute one run twice', async () => {
    const store = await fileStore();
    const counts = new Map<string, number>();
    const job = defineJob({ name: 'count', run: ({ run }) => void counts.set(run.id, (counts.get(run.id) ?? 0) + 1) });
    const apps = [openApp([job], { store }), openApp([job], { store })];
    await Promise.all(apps.map(({ app }) => app.start()));
    const { client } = apps[0]!.app;
    const handles = await client.enqueueMany(
      job,
      Array.from({ length: 200 }, () => ({ input: undefined })),
    );
    await Promise.all(handles.map(({ id }) => client.wait(id, { timeout: '50s' })));
    expect(counts.size).toBe(200);
    expect([...counts.values()].every((count) => count === 1)).toBe(true);
  });

  test('a process that runs jobs by itself leaves the runs of others alone', async () => {
    const store = await fileStore();
    const one = openApp([hello], { store });
    const handle = await one.app.client.enqueue(hello);
    const other = openApp([hello], { store });
    await other.run('hello');
    expect((await other.app.client.find(handle.id)).state).toBe('queued');
  });
});

describe('what is stored of a request', () => {
  test('EGO-28 secrets are not, of headers', async () => {
    const { run } = openApp([hello]);
    const { request } = await run('hello', {
      headers: [
        ['Authorization', 'Bearer x'],
        ['cookie', 'a=b'],
        ['Proxy-Authorization', 'x'],
        ['X-Kind', 'kept'],
      ],
    });
    expect(request?.headers).toEqual([['X-Kind', 'kept']]);
  });

  test('SJ-14 start and end of each run are one line each', async () => {
    const { run, log } = openApp([hello, broken]);
    const { id, traceId } = await run('hello', { args: ['a', 'b'], trigger: 'cli' });
    const lines = log.lines.filter(({ text }) => text === 'run started' || text === 'run ended');
    expect(lines).toMatchObject([
      { text: 'run started', fields: { job: 'hello', run: id, trigger: 'cli', traceId, args: ['a', 'b'] } },
      { text: 'run ended', fields: { job: 'hello', run: id, outcome: 'succeeded' } },
    ]);
    expect(lines[1]?.fields['durationMs']).toBeTypeOf('number');
  });

  test('SJ-9 a failure is recorded and logged', async () => {
    const { run, log } = openApp([broken]);
    const { id } = await run('broken');
    expect(log.lines.find(({ text }) => text === 'run failed')).toMatchObject({
      level: 'error',
      fields: { job: 'broken', run: id, code: 'JOB_FAILED', error: 'no luck' },
    });
  });
});

import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { maskArguments } from '../../../src/app/config/mask.ts';
import { createHandler } from '../../../src/http/handler.ts';
import type { HandlerOptions } from '../../../src/http/handler-options.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { defineJob, type AnyJob } from '../../../src/job/define.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { openApp } from '../../support/apps.ts';
import { awayStore } from '../../support/away-store.ts';
import { readPprof } from '../../support/pprof.ts';
import { until } from '../../support/until.ts';

function serve(
  options: HandlerOptions = { debug: true, showsConfig: true },
  jobs: readonly AnyJob[] = [defineJob({ name: 'work', run: () => 1 })],
) {
  const test = openApp(jobs);
  const handler = createHandler(test.app, options);
  const get = (path: string, init: RequestInit = {}) => handler(new Request(`http://127.0.0.1${path}`, init));
  return { ...test, get };
}

/** Keeps the main thread busy under a name that a profile shows. */
function countPrimes(limit: number): number {
  let primes = 0;
  for (let n = 2; n < limit; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) primes++;
  }
  return primes;
}

const kept: object[] = [];

/** Never more than some hundred megabytes, however long it takes. */
function hoard(): void {
  if (kept.length >= 1_000_000) kept.length = 0;
  for (let i = 0; i < 20_000; i++) kept.push({ i, text: `object ${i}` });
}

async function whileBusy<T>(work: () => void, answer: Promise<T>): Promise<T> {
  const done = new AbortController();
  const settled = answer.finally(() => done.abort());
  while (!done.signal.aborted) {
    work();
    await nextTurn();
  }
  return settled;
}

describe('EGO-21 profiles', () => {
  test('profile is gzip pprof in which the busy function stands', async () => {
    const { get } = serve();
    // On a busy machine the thread that takes the samples may get no turn in all that time.
    const samples = await until('a sample is taken in it', async () => {
      const response = await whileBusy(() => countPrimes(20_000), get('/debug/pprof/profile?seconds=0.3'));
      expect(response.status).toBe(200);
      const profile = readPprof(new Uint8Array(await response.arrayBuffer()));
      expect(profile.types).toBe('samples/count cpu/nanoseconds');
      expect(profile.durationMs).toBeGreaterThan(250);
      const busy = profile.samples.filter(({ stack }) => stack.includes('countPrimes'));
      return busy.reduce((sum, { values }) => sum + (values[1] ?? 0), 0) > 0 && profile.samples;
    });
    expect(samples.flatMap(({ stack }) => stack)).not.toContain('(idle)');
  });

  test('heap is gzip pprof of what is still in use', async () => {
    const { get } = serve();
    await until('a sample is taken of what is kept', async () => {
      const response = await whileBusy(hoard, get('/debug/pprof/heap?seconds=1'));
      const { types, samples } = readPprof(new Uint8Array(await response.arrayBuffer()));
      expect(types).toBe('inuse_objects/count inuse_space/bytes');
      const hoarded = samples.filter(({ stack }) => stack.includes('hoard'));
      return hoarded.reduce((sum, { values }) => sum + (values[1] ?? 0), 0) > 0;
    });
    kept.length = 0;
  });

  test('trace is Chrome trace JSON, with the attempts that began and ended', async () => {
    const { get, run } = serve();
    // On a busy machine the run may go on for longer than the trace.
    const { traceEvents, id } = await until('a run begins and ends in it', async () => {
      const answer = get('/debug/pprof/trace?seconds=2');
      await nextTurn();
      const [response, { id }] = await Promise.all([answer, run('work')]);
      expect(response.headers.get('content-type')).toBe('application/json');
      const { traceEvents } = (await response.json()) as {
        traceEvents: { ph: string; id?: string; cat: string; ts: number }[];
      };
      return traceEvents.filter((event) => event.id === id).length === 2 && { traceEvents, id };
    });
    expect(traceEvents.filter((event) => event.id === id).map(({ ph }) => ph)).toEqual(['b', 'e']);
    const instants = traceEvents.filter(({ ph, cat }) => ph !== 'M' && cat !== 'onejob').map(({ ts }) => ts);
    const own = traceEvents.find((event) => event.id === id)?.ts ?? 0;
    expect(instants.length).toBeGreaterThan(0);
    expect(Math.abs(own - (instants[0] ?? 0))).toBeLessThan(60e6); // one clock for all
  });

  test('two at once: the second is told to come back, and the first is not disturbed', async () => {
    const { get } = serve();
    const gone = new AbortController();
    const first = get('/debug/pprof/profile?seconds=60', { signal: gone.signal });
    for (const kind of ['profile', 'heap', 'trace']) {
      const second = await get(`/debug/pprof/${kind}?seconds=1`);
      expect(second.status).toBe(409);
      expect(await second.text()).toMatch(/measured already, for \d+ s more/);
      expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(50);
    }
    gone.abort(); // who asked has gone away: it ends at once
    expect((await first).status).toBe(200);
    expect((await get('/debug/pprof/profile?seconds=0.05')).status).toBe(200);
  });

  test.each(['x', '0', '-1', '301'])('seconds=%s is refused', async (seconds) => {
    const { get } = serve();
    const response = await get(`/debug/pprof/heap?seconds=${seconds}`);
    expect([response.status, await response.text()]).toEqual([400, 'seconds must be a number from 0.001 to 300\n']);
  });
});

test('EGO-21, GJ-10 each other route answers', async () => {
  const { app, get } = serve();
  app.insight.settings = () => [{ name: 'http.token', value: '***', from: 'flag', source: '--token' }];
  const json = async (path: string): Promise<unknown> => (await get(path)).json();
  expect(await json('/check')).toEqual({ active: true });
  expect(await json('/healthz')).toEqual({ status: 'ok' });
  expect(await json('/readyz')).toEqual({ status: 'ok', store: 'up' });
  expect(await json('/pid')).toEqual({ code: 0, msg: 'success', data: { pid: process.pid } });
  expect(await json('/build/info')).toMatchObject({ node: process.versions.node, platform: process.platform });
  expect(await json('/module/info')).toMatchObject({ jobs: ['work'] });
  expect(await json('/config/json')).toEqual({ v: 1, settings: app.insight.settings() });
  expect(await (await get('/config/raw')).text()).toBe('http.token = "***"  # --token\n');
  const names = (await json('/env/info')) as string[];
  expect(names).toContain('PATH');
  expect(JSON.stringify(names)).not.toContain(process.env['PATH']);
  const { routes } = (await json('/')) as { routes: string[] };
  for (const path of routes.filter((each) => !/profile|heap|trace|job/.test(each))) {
    expect([path, (await get(path)).status]).toEqual([path, 200]);
  }
  expect(await (await get('/debug/pprof/cmdline')).text()).toContain(process.argv[0]);
  for (const path of ['/debug/pprof', '/debug/pprof/']) expect(await (await get(path)).text()).toContain('profile?');
});

test('EGO-21 running runs are listed with age, step and thread, as JSON and as text', async () => {
  const held = createDeferred<void>();
  const job = defineJob({ name: 'import', run: ({ step }) => step(['charge', 7], () => held.promise) });
  const { app, get } = serve({ debug: true }, [job]);
  expect(await (await get('/debug/pprof/goroutine')).text()).toBe('0 runs in execution\n');
  const done = app.execute([{ job: 'import', trigger: 'api', key: 'k' }]);
  await until('the step is open', () => app.running.views[0]?.steps.length === 1);
  const { runs } = (await (await get('/debug/runs')).json()) as { runs: object[] };
  expect(runs).toEqual([
    {
      id: expect.any(String) as string,
      job: 'import',
      key: 'k',
      state: 'running',
      trigger: 'api',
      attempt: 1,
      epoch: 1,
      traceId: expect.any(String) as string,
      thread: 'main',
      ageMs: expect.any(Number) as number,
      steps: [{ key: 'charge:7', kind: 'step', ageMs: expect.any(Number) as number }],
    },
  ]);
  expect(await (await get('/debug/pprof/goroutine')).text()).toMatch(
    /^1 runs in execution\n\nrun \S+ \[running, \d\.\d s\] import key=k attempt=1 trigger=api thread=main\n\tstep charge:7 \[\d\.\d s\]\n$/,
  );
  held.resolve();
  await done;
});

describe('who may see it', () => {
  const hidden = ['/debug/pprof/', '/debug/pprof/profile', '/debug/runs', '/env/info', '/config/json'];

  test('nothing below /debug and /config is there unless it is asked for', async () => {
    const { get } = serve({});
    for (const path of hidden) expect((await get(path)).status).toBe(404);
    expect((await get('/build/info')).status).toBe(200);
  });

  test('settings are shown only while debugging', async () => {
    const { get } = serve({ debug: true });
    expect((await get('/config/json')).status).toBe(404);
  });

  test('health needs no token, information the right read, diagnosis the right write', async () => {
    const tokens = [{ token: 'looks', rights: ['read' as const] }];
    const { get } = serve({ debug: true, showsConfig: true, tokens });
    const as = { headers: { Authorization: 'Bearer looks' } };
    for (const path of ['/check', '/healthz', '/readyz']) expect((await get(path)).status).toBe(200);
    for (const path of ['/', '/pid', '/module/info', '/build/info']) {
      expect([(await get(path)).status, (await get(path, as)).status]).toEqual([401, 200]);
    }
    for (const path of hidden) expect([(await get(path)).status, (await get(path, as)).status]).toEqual([401, 403]);
  });
});

test('a process whose store is away lives, and is not ready', async () => {
  const away = awayStore(await openSqliteStore({ path: ':memory:' }));
  const { app } = openApp([], { store: away.store });
  await app.openStore();
  const handler = createHandler(app, {});
  away.isAway = true;
  expect((await handler(new Request('http://127.0.0.1/healthz'))).status).toBe(200);
  const ready = await handler(new Request('http://127.0.0.1/readyz'));
  expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '1']);
  away.isAway = false;
});

test('a command line is shown without its secrets', () => {
  const words = ['node', 'x.js', '--token', 'a', '--token=b', '--store', 'postgres://u:p@h/d', '--job', 'token'];
  expect(maskArguments(words).join(' ')).toBe(
    'node x.js --token *** --token=*** --store postgres://u:***@h/d --job token',
  );
});

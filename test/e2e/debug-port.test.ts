import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { openFolder } from '../support/folder.ts';
import { createInstalled, onejob, startOnejob, type Started } from '../support/onejob.ts';
import { readPprof } from '../support/pprof.ts';
import { parseMetrics } from '../support/prometheus.ts';
import { until } from '../support/until.ts';

const call = promisify(execFile);
let folder: string;

/** Works in slices until the file `stop` is there, so that it can be asked meanwhile. */
const busyJob = `
import { existsSync } from 'node:fs';
import { defineJob } from 'onejob';
function countPrimes(limit) {
  let primes = 0;
  for (let n = 2; n < limit; n++) {
    let d = 2;
    while (d * d <= n && n % d !== 0) d++;
    if (d * d > n) primes++;
  }
  return primes;
}
export default defineJob({
  name: 'busy',
  run: ({ step, args }) => step('count', async () => {
    while (!existsSync(args[0])) { countPrimes(20_000); await new Promise((next) => setTimeout(next, 1)); }
    return 'stopped';
  }),
});
`;

/** Holds the main loop up until the file `stop` is there. */
const deafJob = `
import { existsSync, writeFileSync } from 'node:fs';
import { defineJob } from 'onejob';
export default defineJob({
  name: 'deaf',
  run: ({ args }) => {
    writeFileSync(args[0] + '-began', '');
    while (!existsSync(args[0]));
  },
});
`;

beforeEach(async () => {
  folder = await createInstalled({
    'jobs/deaf.job.js': deafJob,
    'jobs/busy.job.js': busyJob,
    'jobs/hello.job.js': `import { defineJob } from 'onejob';\nexport default defineJob({ name: 'hello', run: () => 'hi' });\n`,
  });
});

let stops = 0;
async function startBusy(...flags: string[]): Promise<{ started: Started; url: string; stop: () => Promise<void> }> {
  const file = join(folder, `stop-${++stops}`);
  const started = startOnejob(['run', 'busy', '--params', file, ...flags], { cwd: folder });
  await started.said('debugging on http://');
  const [url = ''] = /http:\/\/\S+/.exec(started.stderr) ?? [];
  return { started, url, stop: () => writeFile(file, '') };
}

describe('GJ-10 run --debug-port', () => {
  test('GJ-10, EGO-21 answers while the job runs, on a free port that it prints', async () => {
    const { started, url, stop } = await startBusy('--debug-port', '0');
    const get = async (path: string): Promise<unknown> => (await fetch(url + path)).json();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await get('/check')).toEqual({ active: true });
    expect(await get('/pid')).toEqual({ code: 0, msg: 'success', data: { pid: started.child.pid } });
    const runs = await until('the run is shown', async () => {
      const { runs: found } = (await get('/debug/runs')) as { runs: { job: string; steps: { key: string }[] }[] };
      return found[0]?.steps.length === 1 && found;
    });
    expect(runs).toMatchObject([{ job: 'busy', state: 'running', thread: 'main', steps: [{ key: 'count' }] }]);
    const families = parseMetrics(await (await fetch(`${url}/metrics`)).text());
    expect(families.get('onejob_attempts_started_total')?.samples).toMatchObject([
      { labels: { job: 'busy', trigger: 'cli' }, value: 1 },
    ]);
    expect(families.get('onejob_slots_used')?.samples[0]?.value).toBe(1);
    await stop();
    expect((await started.ended).code).toBe(0);
  });

  // Go compiles its tool when it is called for the first time.
  test('EGO-21 go tool pprof reads profile and heap', { timeout: 300_000 }, async () => {
    const { started, url, stop } = await startBusy('--debug-port', '0');
    const files = await openFolder();
    const get = async (kind: string) =>
      new Uint8Array(await (await fetch(`${url}/debug/pprof/${kind}?seconds=1`)).arrayBuffer());
    // On a busy machine the thread that takes the samples may get no turn in all that time.
    const profile = await until('a sample is taken of what computes', async () => {
      const bytes = await get('profile');
      return readPprof(bytes).samples.some(({ stack }) => stack.includes('countPrimes')) && bytes;
    });
    const heap = await get('heap');
    readPprof(heap);
    for (const [kind, type, bytes] of [
      ['profile', 'cpu', profile],
      ['heap', 'inuse_space', heap],
    ] as const) {
      const file = join(files, `${kind}.pb.gz`);
      await writeFile(file, bytes);
      if (!(await hasGo())) continue; // read strictly above
      const { stdout } = await call('go', ['tool', 'pprof', '-top', '-nodecount=50', file]);
      expect(stdout).toContain(`Type: ${type}`);
      if (kind === 'profile') expect(stdout).toContain('countPrimes');
    }
    await stop();
    expect((await started.ended).code).toBe(0);
  });

  test('a profile that goes on when the job ends is handed over', async () => {
    const { started, url, stop } = await startBusy('--debug-port', '0');
    const answer = fetch(`${url}/debug/pprof/profile?seconds=300`);
    await until('the profile goes on', async () => (await fetch(`${url}/debug/pprof/heap?seconds=1`)).status === 409);
    await stop();
    const { durationMs } = readPprof(new Uint8Array(await (await answer).arrayBuffer()));
    expect(durationMs).toBeLessThan(200_000);
    expect((await started.ended).code).toBe(0);
  });

  test('a port that cannot be bound is a warning, and the job runs', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const { code, stdout, stderr } = await onejob(['run', 'hello', '--debug-port', String(port)], { cwd: folder });
    await new Promise((resolve) => taken.close(resolve));
    expect([code, stdout]).toEqual([0, 'hi\n']);
    expect(stderr).toContain(`warning: no debugging on 127.0.0.1:${port}: the port is taken; the job runs without it`);
  });

  test('an address that others reach is a warning without a token, and the job runs', async () => {
    const flags = ['--debug-port', '0', '--host', '0.0.0.0'];
    const { code, stderr } = await onejob(['run', 'hello', ...flags], { cwd: folder });
    expect(code).toBe(0);
    expect(stderr).toContain('warning: no debugging on 0.0.0.0:0');
    expect(stderr).not.toContain('debugging on http');
  });

  test('without it nothing of HTTP is loaded', async () => {
    const coverage = await openFolder();
    const loaded = async (...flags: string[]): Promise<string> => {
      await onejob(['run', 'hello', ...flags], { cwd: folder, env: { NODE_V8_COVERAGE: coverage } });
      const files = await readdir(coverage);
      const texts = await Promise.all(files.map((file) => readFile(join(coverage, file), 'utf8')));
      await Promise.all(files.map((file) => rm(join(coverage, file))));
      return texts.join();
    };
    expect(await loaded()).not.toMatch(/node_modules\/(hono|@hono|prom-client|pprof-format|@opentelemetry)\//);
    expect(await loaded('--debug-port', '0')).toContain('node_modules/hono/');
  });
});

test('EGO-21 onejob start answers /metrics and profiles on its loopback address', async () => {
  const store = ['--store', `sqlite:${join(folder, 'started.db')}`];
  const started = startOnejob(['start', '--roles', 'worker,http', '--port', '0', ...store], { cwd: folder });
  await started.said('onejob ready ');
  const [url = ''] = /http:\/\/\S+/.exec(started.stderr) ?? [];
  expect((await onejob(['run', 'hello', '--detach', ...store], { cwd: folder })).code).toBe(0);
  const ended = await until('the run has ended', async () => {
    const families = parseMetrics(await (await fetch(`${url}/metrics`)).text());
    return families.get('onejob_runs_ended_total')?.samples[0];
  });
  expect(ended).toMatchObject({ labels: { job: 'hello', outcome: 'succeeded' }, value: 1 });
  expect((await fetch(`${url}/debug/pprof/`)).status).toBe(200);
  expect((await fetch(`${url}/config/json`)).status).toBe(404);
  const { routes } = (await (await fetch(url)).json()) as { routes: string[] };
  expect(routes).toContain('/debug/pprof/profile');
  started.child.kill('SIGTERM');
  expect((await started.ended).code).toBe(0);
});

test('EGO-21 runs that are taken over at the start are counted, although nobody listened yet', async () => {
  const busy = await startBusy('--debug-port', '0', '--node', 'killed');
  await until('the run is there', async () => (await (await fetch(`${busy.url}/debug/runs`)).text()).includes('count'));
  busy.started.child.kill('SIGKILL');
  await busy.started.ended;
  const started = startOnejob(['start', '--roles', 'worker,http', '--port', '0'], { cwd: folder });
  await started.said('onejob ready ');
  const [url = ''] = /http:\/\/\S+/.exec(started.stderr) ?? [];
  const families = parseMetrics(await (await fetch(`${url}/metrics`)).text());
  expect(families.get('onejob_takeovers_total')?.samples[0]?.value).toBe(1);
  expect(families.get('onejob_dead_workers_total')?.samples[0]?.value).toBe(1);
  await busy.stop();
  started.child.kill('SIGTERM');
  expect((await started.ended).code).toBe(0);
});

test('EGO-21 a worker whose main loop stands still is shown by the others', { timeout: 120_000 }, async () => {
  const file = join(folder, 'deaf-stop');
  const deaf = startOnejob(['start', '--roles', 'worker', '--node', 'deaf'], { cwd: folder });
  await deaf.said('onejob ready ');
  expect((await onejob(['run', 'deaf', '--params', file, '--detach'], { cwd: folder })).code).toBe(0);
  await until('it computes', () => existsSync(`${file}-began`));
  const started = startOnejob(['start', '--roles', 'worker,http', '--port', '0', '--node', 'seer'], { cwd: folder });
  await started.said('onejob ready ');
  const [url = ''] = /http:\/\/\S+/.exec(started.stderr) ?? [];
  const stalled = async (): Promise<number | undefined> => {
    const families = parseMetrics(await (await fetch(`${url}/metrics`)).text());
    return families.get('onejob_nodes')?.samples.find(({ labels }) => labels['state'] === 'stalled')?.value;
  };
  await until('it is shown', async () => (await stalled()) === 1, 60_000);
  await writeFile(file, '');
  await until('it turns again', async () => (await stalled()) === 0, 60_000);
  deaf.child.kill('SIGTERM');
  expect((await deaf.ended).code).toBe(0);
  started.child.kill('SIGTERM');
  expect((await started.ended).code).toBe(0);
});

test('EGO-21 on an address that others reach there are metrics for who has a token, and no diagnosis', async () => {
  const flags = ['--host', '0.0.0.0', '--port', '0', '--token', 'geheim'];
  const started = startOnejob(['start', '--roles', 'worker,http', ...flags], { cwd: folder });
  await started.said('onejob ready ');
  const [, port = ''] = /ready http:\/\/0\.0\.0\.0:(\d+)/.exec(started.stderr) ?? [];
  const statuses = async (path: string): Promise<number[]> => {
    const url = `http://127.0.0.1:${port}${path}`;
    const shown = { headers: { Authorization: 'Bearer geheim' } };
    return [(await fetch(url)).status, (await fetch(url, shown)).status];
  };
  expect(await statuses('/metrics')).toEqual([401, 200]);
  expect(await statuses('/readyz')).toEqual([200, 200]);
  for (const path of ['/debug/pprof/', '/debug/runs', '/env/info', '/config/json']) {
    expect([path, ...(await statuses(path))]).toEqual([path, 404, 404]);
  }
  started.child.kill('SIGTERM');
  expect((await started.ended).code).toBe(0);
});

test('EGO-20 ONEJOB_DEBUG opens the routes that show the settings, secrets masked', async () => {
  const started = startOnejob(['start', '--roles', 'worker,http', '--port', '0', '--token', 'geheim'], {
    cwd: folder,
    env: { ONEJOB_DEBUG: 'true' },
  });
  await started.said('onejob ready ');
  const [url = ''] = /ready (http:\/\/\S+)/.exec(started.stderr)?.slice(1) ?? [];
  const headers = { Authorization: 'Bearer geheim' };
  const text = await (await fetch(`${url}/config/json`, { headers })).text();
  expect(text).not.toContain('geheim');
  const { settings } = JSON.parse(text) as { settings: { name: string; value: unknown; source: string }[] };
  expect(settings.find(({ name }) => name === 'http.token')).toMatchObject({ value: '***', source: '--token' });
  expect(settings.find(({ name }) => name === 'log.level')).toMatchObject({ value: 'debug', source: 'ONEJOB_DEBUG' });
  expect(await (await fetch(`${url}/debug/pprof/cmdline`, { headers })).text()).not.toContain('geheim');
  expect((await fetch(`${url}/config/json`)).status).toBe(401);
});

async function hasGo(): Promise<boolean> {
  return call('go', ['version']).then(
    () => true,
    () => false,
  );
}

// What a request costs over HTTP, beside a Hono route that only answers 200, turn by turn in one run; and the page of
// runs with a long history. SQLite, synchronous=FULL; server and load are processes of their own, which share the machine:
// the processor time of both stands in the table (Linux), so that one sees when it is the load that is slow.
//
//   npm run build && node bench/http.mjs [seconds a turn] [runs of history]
//
// @ts-check
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, cpuUsage, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { finishGroup, openFixture } from './history-writer.mjs';
import { load } from './http-load.mjs';
import { percentiles, report, round } from './support.mjs';

const seconds = Number(argv[2] ?? 5);
const history = Number(argv[3] ?? 1_000_000);
const turns = 3;
const connections = 64;
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'onejob-bench-http-'));
/** @type {import('node:child_process').ChildProcess[]} */
const children = [];
try {
  await mkdir(join(folder, 'jobs'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/onejob'));
  const noop = `import { defineJob } from 'onejob';\nexport default defineJob({ run: () => ({ ok: true }) });\n`;
  await writeFile(join(folder, 'jobs/noop.job.mjs'), noop);

  const bare = await start(['--input-type=module', '-e', bareServer()], root);
  const stores = await startOnejob('stores.db', 'http');
  const works = await startOnejob('works.db', 'worker,http');
  const answers = await startOnejob('answers.db', 'worker,http', '--concurrency=64');
  let n = 0;
  const cases = [
    { name: 'a bare Hono route', server: bare, status: 200, next: () => post('/', 'content-type: application/json') },
    { name: 'POST /api/v1/jobs/noop/runs, stored', server: stores, status: 202, next: () => enqueue() },
    { name: 'the same, and executed by a worker beside it', server: works, status: 202, next: () => enqueue() },
    { name: 'POST /jobs, executed and answered', server: answers, status: 200, next: () => ego(`r${n++}`) },
  ];
  const rates = cases.map(() => /** @type {number[]} */ ([]));
  const costs = cases.map(() => /** @type {[server: number, load: number][]} */ ([]));
  for (let turn = -1; turn < turns; turn++) {
    for (const [index, { server, status, next }] of cases.entries()) {
      const ms = turn < 0 ? Math.min(2, seconds) * 1_000 : seconds * 1_000;
      const before = [await processorTime(server.pid), ownProcessorTime()];
      const { perSecond, latencies } = await load({ port: server.port, connections, ms, status, next });
      if (turn < 0) continue;
      rates[index]?.push(perSecond);
      const spent = [await processorTime(server.pid), ownProcessorTime()].map((after, i) => after - (before[i] ?? 0));
      costs[index]?.push([(spent[0] ?? 0) / latencies.length, (spent[1] ?? 0) / latencies.length]);
    }
  }
  const medians = rates.map(median);
  /** @param {number} index */
  const costOf = (index) => [0, 1].map((of) => median((costs[index] ?? []).map((cost) => cost[of] ?? 0)));
  const [serverBusy, loadBusy] = costOf(0).map((micros) => `${Math.round(((medians[0] ?? 0) * micros) / 10_000)} %`);
  const rows = cases.map(({ name }, index) => [
    name,
    `${round(medians[index] ?? 0)}/s`,
    `${round(Math.min(...(rates[index] ?? [])))} to ${round(Math.max(...(rates[index] ?? [])))}`,
    ((medians[index] ?? 0) / (medians[0] ?? 1)).toFixed(2),
    costOf(index).map(Math.round).join(' + '),
  ]);
  rows.push(await pageOfRuns());
  for (const cells of rows) console.log(cells.join('   '));
  await report({
    name: 'http-sqlite',
    title: `Requests over HTTP at ${connections} connections, SQLite synchronous=FULL`,
    command: `node bench/http.mjs ${seconds} ${history}`,
    head: [
      '',
      `median of ${turns}`,
      'lowest and highest',
      'to the bare route',
      'processor time a request, server + load, µs',
    ],
    rows,
    notes: [
      `Server and load share the cores. At the bare route the server was busy for ${serverBusy} of the time of one core, the load, on one thread, for ${loadBusy}: near 100 %, it is the load that is measured.`,
    ],
  });
} finally {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}

function enqueue() {
  return post('/api/v1/jobs/noop/runs', 'content-type: application/json');
}

/** @param {string} runId */
function ego(runId) {
  return post('/jobs', `x-ego-job-name: noop\r\nx-ego-job-runid: ${runId}`);
}

/** @param {string} path @param {string} headers */
function post(path, headers) {
  const body = '{"n":1}';
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** One reader, one page after the other, in a store with a long history. */
async function pageOfRuns() {
  const path = join(folder, 'history.db');
  const fixture = await openFixture(path);
  for (let done = 0; done < history; done += 1_000) await finishGroup(fixture, 1_000);
  await fixture.store.close();
  const { port } = await startOnejob('history.db', 'http');
  const next = () => 'GET /api/v1/runs?limit=50 HTTP/1.1\r\nhost: localhost\r\n\r\n';
  await load({ port, connections: 1, ms: 500, status: 200, next });
  const { perSecond, latencies } = await load({ port, connections: 1, ms: seconds * 1_000, status: 200, next });
  const { p50, p99 } = percentiles(latencies);
  const name = `GET /api/v1/runs?limit=50 with ${round(history)} finished runs, one reader`;
  return [name, `${round(perSecond)}/s`, `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`, '', ''];
}

/** @param {string} file @param {string} roles @param {string[]} more */
function startOnejob(file, roles, ...more) {
  const store = `sqlite:${join(folder, file)}`;
  const args = ['start', '--json', '--port=0', `--roles=${roles}`, `--store=${store}`, '--log-level=error', ...more];
  return start([join(root, 'bin/onejob.js'), ...args], folder);
}

/**
 * Resolves once it says its address.
 * @param {string[]} args @param {string} cwd @returns {Promise<{ port: number, pid: number }>}
 */
function start(args, cwd) {
  const child = spawn(execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`a server ended with ${code}`)));
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += String(bytes);
      const [, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said) ?? [];
      if (port !== undefined) resolve({ port: Number(port), pid: child.pid ?? 0 });
    });
  });
}

/** Of all its threads so far, in microseconds; 0 where the system does not say. @param {number} pid */
async function processorTime(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from the third on
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10_000; // a hundredth of a second each
}

function ownProcessorTime() {
  const { user, system } = cpuUsage();
  return user + system;
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** It reads the body, as any route that does something has to. */
function bareServer() {
  return `
    import { Hono } from 'hono';
    import { serve } from '@hono/node-server';
    const hono = new Hono().post('/', async (context) => context.json(await context.req.json()));
    serve({ fetch: hono.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log('http://127.0.0.1:' + port));`;
}

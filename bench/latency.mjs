// From enqueue to the first instruction of the handler, and from its last one to `result()`, the worker idle: in one
// process, and across two.
//
//   npm run build && node bench/latency.mjs [sqlite:PATH | postgres://…]
// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { argv, exit } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp, createClient, defineJob } from '../dist/index.js';
import { percentiles, report } from './support.mjs';

const now = () => performance.timeOrigin + performance.now();
const job = defineJob({ name: 'now', run: () => now() });

if (argv[2] === 'worker') await beWorker(/** @type {string} */ (argv[3]));
else await measure(argv[2]);

/** @param {string} store */
async function beWorker(store) {
  const app = createApp({ jobs: [job], store, log: { level: 'warn' } });
  await app.start();
  process.on('message', () => void app.stop().then(() => exit(0)));
  process.send?.('ready');
}

/** @param {string | undefined} given */
async function measure(given) {
  const folder = await mkdtemp(join(tmpdir(), 'onejob-bench-'));
  const store = given ?? `sqlite:${join(folder, 'bench.db')}`;
  try {
    const rows = [];
    const app = createApp({ jobs: [job], store, log: { level: 'warn' } });
    await app.start();
    rows.push(...rowsOf('in one process', await latencies(app.client)));
    await app.stop();

    const worker = fork(new URL(import.meta.url), ['worker', store]);
    await once(worker, 'message');
    const client = createClient({ store });
    rows.push(...rowsOf('across two processes', await latencies(client)));
    await client.close();
    worker.send('stop');
    await once(worker, 'exit');
    for (const cells of rows) console.log(cells.join('   '));
    await report({
      name: given ? `latency-${given.split(':')[0]}` : 'latency-sqlite',
      title: `From enqueue to start, and from the end to result(), idle, ${given ? given.split(':')[0] : 'SQLite, synchronous=FULL'}`,
      command: 'node bench/latency.mjs',
      head: ['case', 'p50 ms', 'p99 ms', 'max ms'],
      rows,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {import('../dist/index.js').Client} client */
async function latencies(client) {
  const starts = [];
  const ends = [];
  for (let i = 0; i < 220; i++) {
    await sleep(20 + Math.random() * 20);
    const begun = now();
    const handle = await client.enqueue(job, undefined);
    const ran = await handle.result();
    ends.push(now() - ran);
    starts.push(ran - begun);
  }
  return { starts: starts.slice(20), ends: ends.slice(20) };
}

/** @param {string} where @param {{ starts: number[], ends: number[] }} found */
function rowsOf(where, { starts, ends }) {
  return [row(`start, ${where}`, starts), row(`result(), ${where}`, ends)];
}

/** @param {string} name @param {number[]} numbers */
function row(name, numbers) {
  const { p50, p99, max } = percentiles(numbers);
  return [name, p50.toFixed(2), p99.toFixed(2), max.toFixed(2)];
}

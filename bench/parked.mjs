// What parked runs cost a worker: runs that wait for an event hold neither lease nor memory.
//
//   npm run build && node --expose-gc bench/parked.mjs [runs]
// @ts-check
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp, defineJob } from '../dist/index.js';
import { report, round } from './support.mjs';

const total = Number(argv[2] ?? 100_000);
const folder = await mkdtemp(join(tmpdir(), 'onejob-bench-'));
const job = defineJob({ name: 'waits', run: ({ step }) => step.wait('go') });
const store = `sqlite:${join(folder, 'bench.db')}`;
const app = createApp({ jobs: [job], store, concurrency: 200, limits: { parkAfter: 0 }, log: { level: 'warn' } });
try {
  await app.start();
  const before = memory();
  for (let sent = 0; sent < total; sent += 1_000) {
    await app.client.enqueueMany(
      job,
      Array.from({ length: Math.min(1_000, total - sent) }, () => ({ input: undefined })),
    );
  }
  const begun = performance.now();
  while ((await app.client.list({ states: ['queued', 'running'], limit: 1 })).items.length > 0) await sleep(200);
  const seconds = (performance.now() - begun) / 1_000;
  await sleep(500);
  const after = memory();
  const rows = [
    ['before', `${before.rss} MiB`, `${before.heap} MiB`],
    [`with ${round(total)} parked runs`, `${after.rss} MiB`, `${after.heap} MiB`],
  ];
  for (const cells of rows) console.log(cells.join('   '));
  await report({
    name: 'parked-sqlite',
    title: `Memory of a worker with ${round(total)} parked runs`,
    command: `node --expose-gc bench/parked.mjs ${total}`,
    head: ['', 'resident', 'heap used'],
    rows,
    notes: [`After the last enqueue the queue was parked in ${seconds.toFixed(0)} s.`],
  });
} finally {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
}

function memory() {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss: Math.round(rss / 2 ** 20), heap: Math.round(heapUsed / 2 ** 20) };
}

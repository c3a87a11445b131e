// Does a slow disk reach the event loop of the worker's process? A disk whose every sync takes 5 ms, the worker at full
// load with three-step runs; the delay of the event loop is sampled every millisecond.
//
//   npm run build && node bench/slow-disk.mjs        (Linux, with a C compiler)
// @ts-check
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { argv, env, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { createApp, defineJob } from '../dist/index.js';
import { report, round } from './support.mjs';

const folder = argv[2] ?? mkdtempSync(join(tmpdir(), 'onejob-bench-'));
if (argv[2] === undefined) runWithSlowDisk();
else await load();

function runWithSlowDisk() {
  const shim = join(folder, 'slow-fsync.so');
  execFileSync('cc', ['-shared', '-fPIC', '-o', shim, fileURLToPath(new URL('slow-fsync.c', import.meta.url)), '-ldl']);
  const { status } = spawnSync(execPath, [fileURLToPath(import.meta.url), folder], {
    env: { ...env, LD_PRELOAD: shim },
    stdio: 'inherit',
  });
  rmSync(folder, { recursive: true, force: true });
  exit(status ?? 1);
}

async function load() {
  const job = defineJob({
    name: 'three-steps',
    async run({ step }) {
      for (const name of ['a', 'b', 'c']) await step(name, () => name);
    },
  });
  const app = createApp({
    jobs: [job],
    store: `sqlite:${join(folder, 'bench.db')}`,
    concurrency: 200,
    log: { level: 'warn' },
  });
  await app.start();
  const total = 20_000;
  await app.client.enqueueMany(
    job,
    Array.from({ length: total }, () => ({ input: undefined })),
  );
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begun = performance.now();
  while (performance.now() - begun < 5_000) await new Promise((resolve) => setTimeout(resolve, 100));
  delay.disable();
  const left = (await app.client.list({ states: ['queued'], limit: 10_000 })).items.length;
  const rows = [
    ['delay p50', `${(delay.percentile(50) / 1e6).toFixed(1)} ms`],
    ['delay p99', `${(delay.percentile(99) / 1e6).toFixed(1)} ms`],
    ['delay max', `${(delay.max / 1e6).toFixed(1)} ms`],
    ['runs still queued after 5 s', left >= 10_000 ? '10,000 or more' : round(left)],
  ];
  for (const cells of rows) console.log(cells.join('   '));
  await report({
    name: 'slow-disk-sqlite',
    title: 'Event loop of a worker at full load, each sync of the disk 5 ms',
    command: 'node bench/slow-disk.mjs',
    head: ['', ''],
    rows,
    notes: ['Sampled every 1 ms, which is part of each figure.'],
  });
  await app.stop(0);
}

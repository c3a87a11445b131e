// What a run costs through the whole engine: handler, journal, store. All commits durable (SQLite synchronous=FULL).
//
//   npm run build && node bench/engine.mjs [sqlite:PATH | postgres://…]
//
// Rates are measured in one process at a given number of runs in flight. Beside them, on SQLite, the same rows are
// written by a plain loop of SQL in groups of the same size, in the same run: the ratio is what the engine costs.
// @ts-check
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { openBackend } from '../dist/app/backend.js';
import { createLogger } from '../dist/app/logger.js';
import { Engine } from '../dist/engine/engine.js';
import { Outbox } from '../dist/engine/outbox.js';
import { newRun } from '../dist/engine/submission.js';
import { defineJob } from '../dist/index.js';
import { Registry } from '../dist/job/registry.js';
import { systemClock } from '../dist/std/clock.js';
import { percentiles, report, round } from './support.mjs';
import { drivePlainSql } from './plain-sql.mjs';

/** @typedef {import('../dist/index.js').AnyJob} AnyJob */

const noop = defineJob({ name: 'noop', run: () => undefined });
const three = defineJob({
  name: 'three-steps',
  async run({ step }) {
    await step('a', () => 1);
    await step('b', () => 2);
    await step('c', () => 3);
  },
});
/** @type {number[]} */
const lone = [];
const alone = defineJob({
  name: 'alone',
  async run({ step }) {
    for (let i = 0; i < 2_000; i++) {
      const begun = performance.now();
      await step(['step', i], () => i);
      lone.push(performance.now() - begun);
    }
  },
});

const given = argv[2];
const folder = await mkdtemp(join(tmpdir(), 'onejob-bench-'));
const store = given ?? `sqlite:${join(folder, 'bench.db')}`;
const seconds = Number(process.env['BENCH_SECONDS'] ?? 4);
/** @type {string[][]} */
const rows = [];

try {
  for (const [name, job, steps] of /** @type {const} */ ([
    ['no-op', noop, 0],
    ['three steps', three, 3],
  ])) {
    for (const inFlight of [100, 500]) {
      const rates = [];
      const ratios = [];
      for (let round = 0; round < 3; round++) {
        const engine = await rateOf(job, inFlight);
        rates.push(engine);
        if (store.startsWith('sqlite:')) {
          const path = join(folder, `plain-${name}-${inFlight}-${round}.db`);
          ratios.push(engine / (await drivePlainSql({ path, size: inFlight, steps, seconds })));
        }
      }
      const best = median(rates);
      rows.push([
        `${name}, ${inFlight} in flight`,
        `${round(best)} runs/s`,
        `${round(Math.min(...rates))} – ${round(Math.max(...rates))}`,
        ratios.length > 0 ? `${median(ratios).toFixed(2)} × plain SQL` : '–',
      ]);
      console.log(rows.at(-1)?.join('   '));
    }
  }
  await rateOf(alone, 1, 1);
  const { p50, p99 } = percentiles(lone.slice(200));
  rows.push(['one run alone, per step', `p50 ${p50.toFixed(3)} ms`, `p99 ${p99.toFixed(3)} ms`, '–']);
  console.log(rows.at(-1)?.join('   '));
  await report({
    name: given ? `engine-${store.split(':')[0]}` : 'engine-sqlite',
    title: `Runs and steps through the engine, ${given ? store.split(':')[0] : 'SQLite, synchronous=FULL'}`,
    command: 'node bench/engine.mjs',
    head: ['case', 'median of 3', 'spread', 'ratio'],
    rows,
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Runs per second. @param {AnyJob} job @param {number} inFlight @param {number} [total] */
async function rateOf(job, inFlight, total = Infinity) {
  const backend = await openBackend(store);
  await backend.store.migrate();
  const log = createLogger({ level: 'warn' });
  const engine = new Engine({
    store: backend.store,
    outbox: new Outbox({ store: backend.store, clock: systemClock, log }),
    registry: new Registry([job]),
    hooks: {},
    clock: systemClock,
    log,
    limits: { valueBytes: 1_048_576, outputBytes: 16_777_216, parkAfterMs: 5_000 },
    observer: {},
    node: 'bench',
    replaces: false,
    version: '0',
    slots: 1_000,
    leaseMs: 10_000,
    pollMs: 1_000,
    retention: { succeededMs: Infinity, failedMs: Infinity, succeededRuns: Infinity, failedRuns: Infinity },
    scope: 'tree',
    exitOnStall: false,
    hint: () => undefined,
    onBuried: () => undefined,
  });
  await engine.enrol();
  const one = async () => {
    const run = await newRun(job, { input: undefined, trigger: 'api', holder: engine.id }, 1_048_576);
    await engine.submit([run]);
    const end = await engine.execute(run);
    if (end !== 'succeeded') throw new Error(end);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, total) }, one)); // warm
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  let started = 0;
  let done = 0;
  const chain = async () => {
    while (started++ < total && performance.now() < end) {
      await one();
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, chain));
  const rate = (1_000 * done) / (performance.now() - begin);
  await engine.stop(1_000);
  await backend.store.close();
  return rate;
}

/** @param {number[]} numbers */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

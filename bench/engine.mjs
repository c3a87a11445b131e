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
import { defineJob } from '../dist/index.js';
import { rateOf } from './engine-rate.mjs';
import { percentiles, report, round } from './support.mjs';
import { drivePlainSql } from './plain-sql.mjs';

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
        const engine = await rateOf({ store, job, inFlight, seconds });
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
  await rateOf({ store, job: alone, inFlight: 1, seconds, total: 1 });
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

/** @param {number[]} numbers */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

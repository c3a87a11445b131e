// What a million finished runs in the store cost: claim and finish of queued runs, beside an empty store in one run.
//
//   npm run build && node bench/history.mjs [runs]
//
// The history is written through the port, in groups of 1,000; that takes a minute or two.
// @ts-check
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { finishGroup, openFixture } from './history-writer.mjs';
import { newRun, outcome } from './noop-run.mjs';
import { report, round } from './support.mjs';

let number = 0;
const total = Number(argv[2] ?? 1_000_000);
const folder = await mkdtemp(join(tmpdir(), 'onejob-bench-'));
try {
  const empty = await openFixture(join(folder, 'empty.db'));
  const full = await openFixture(join(folder, 'full.db'));
  const begun = performance.now();
  for (let done = 0; done < total; done += 1_000) await finishGroup(full, 1_000);
  const seconds = (performance.now() - begun) / 1_000;
  console.log(`${round(total)} runs of history written in ${seconds.toFixed(0)} s`);
  /** @type {number[]} */
  const ratios = [];
  const rates = [];
  for (let turn = 0; turn < 5; turn++) {
    const without = await drain(empty, 5_000);
    const withHistory = await drain(full, 5_000);
    ratios.push(withHistory / without);
    rates.push([without, withHistory]);
  }
  ratios.sort((a, b) => a - b);
  const rows = rates.map(([without, withHistory], i) => [
    `turn ${i + 1}`,
    `${round(without ?? 0)} runs/s`,
    `${round(withHistory ?? 0)} runs/s`,
  ]);
  rows.push(['ratio, median of 5', '1', (ratios[2] ?? 0).toFixed(2)]);
  for (const cells of rows) console.log(cells.join('   '));
  await report({
    name: 'history-sqlite',
    title: `Claim and finish with ${round(total)} finished runs in the store, SQLite synchronous=FULL`,
    command: `node bench/history.mjs ${total}`,
    head: ['', 'empty store', 'with history'],
    rows,
    notes: [`Written at ${round(total / seconds)} runs/s, submitted with a holder and finished.`],
  });
  await empty.store.close();
  await full.store.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Runs per second of claiming and finishing what is queued. @param {import('./history-writer.mjs').Fixture} on @param {number} size */
async function drain({ store, worker }, size) {
  await store.submit(Array.from({ length: size }, () => newRun(null)));
  const begun = performance.now();
  for (let left = size; left > 0;) {
    const { claims } = await store.claim({ number: ++number, worker, jobs: [noop()], free: 100, turn: 0 });
    await store.record({ worker, entries: claims.map(({ run, epoch }) => outcome(run, epoch)) });
    left -= claims.length;
  }
  return (1_000 * size) / (performance.now() - begun);
}

/** @returns {import('../src/ports/store-claim.ts').JobTerms} */
function noop() {
  return { name: 'noop', timeoutMs: null, deadlineMs: null, maxCrashes: 3, callbacks: 'none' };
}

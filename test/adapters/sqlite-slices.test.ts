import { expect, test } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { Store } from '../../src/ports/store.ts';
import { registration, newRun, newRuns, pauseOf, termsOf } from '../../src/testing/store-contract/harness/builders.ts';
import { heldBy } from '../../src/testing/store-contract/harness/harness.ts';

interface Bench {
  readonly store: Store;
  readonly worker: string;
  readonly claim: (jobs: readonly string[], free: number) => Promise<string[]>;
}

async function open(): Promise<Bench> {
  const store = await openSqliteStore({ path: ':memory:' });
  await store.migrate();
  const worker = registration();
  await store.registerWorker(worker);
  let number = 0;
  return {
    store,
    worker: worker.id,
    async claim(jobs, free) {
      const { claims } = await store.claim({
        number: ++number,
        worker: worker.id,
        jobs: jobs.map((job) => termsOf(job)),
        free,
        turn: 0,
      });
      return claims.map(({ run }) => run);
    },
  };
}

/** Of twenty claims that find nothing. */
async function fastestOf(claim: () => Promise<string[]>): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < 20; i++) {
    const begin = performance.now();
    expect(await claim()).toEqual([]);
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

test('a claim never walks over due runs of jobs that are paused or not known', async () => {
  const { store, claim } = await open();
  const fastest = () => fastestOf(() => claim(['paused', 'work'], 10));
  await store.act([pauseOf('job', 'paused')]);
  const empty = await fastest();
  for (const job of ['paused', 'unknown']) {
    for (let i = 0; i < 40; i++) await store.submit(newRuns(1_000, { job }));
  }
  expect(await fastest()).toBeLessThan(Math.max(1, 20 * empty));
  const due = newRun({ job: 'work' });
  await store.submit([due]);
  expect(await claim(['paused', 'work'], 10)).toEqual([due.id]);
  await store.close();
});

test('a claim never walks over suspect runs that it may not take', async () => {
  const { store, claim, worker } = await open();
  const gone = registration();
  await store.registerWorker(gone);
  for (let i = 0; i < 40; i++) await store.submit(newRuns(1_000, { job: 'work', holder: gone.id }));
  const empty = await fastestOf(() => claim(['work'], 10));
  await store.evict([{ id: gone.id, seenHeartbeat: 0, counted: true }]);
  expect(await claim(['work'], 10)).toHaveLength(1);
  expect(await fastestOf(() => claim(['work'], 10))).toBeLessThan(Math.max(1, 20 * empty));
  expect(await heldBy(store, worker)).toHaveLength(1);
  await store.close();
});

test('the runs of many jobs in one queue are claimed in one order: priority, then due instant, then age', async () => {
  const { store, claim } = await open();
  const jobs = Array.from({ length: 130 }, (_, i) => `job-${i % 2 === 0 ? i : 200 - i}`);
  const now = Date.now();
  const runs = jobs.map((job, i) => newRun({ job, priority: i % 3, dueAt: now - 100_000 + ((i * 37) % 50) }));
  await store.submit(runs);
  const expected = runs
    .toSorted((a, b) => b.priority - a.priority || Number(a.dueAt) - Number(b.dueAt) || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
  expect(await claim(jobs, 60)).toEqual(expected.slice(0, 60));
  expect(await claim(jobs, 200)).toEqual(expected.slice(60));
  await store.close();
});

import { afterEach, expect, test } from 'vitest';
import { Connection } from '../../src/adapters/sqlite/file/connection.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { migrate } from '../../src/adapters/sqlite/file/schema.ts';
import type { Inspector } from '../../src/ports/inspector.ts';
import type { Store } from '../../src/ports/store.ts';
import {
  registration,
  fireOf,
  newRun,
  newRuns,
  occurrence,
  pauseOf,
  schedulePlan,
  termsOf,
} from '../../src/testing/store-contract/harness/builders.ts';
import { RandomCalls } from '../support/random-calls.ts';

const methods = ['run', 'get', 'all'] as const;
const originals = methods.map((method) => Reflect.get(Connection.prototype, method) as () => unknown);

afterEach(() => {
  for (const [i, method] of methods.entries()) Reflect.set(Connection.prototype, method, originals[i]);
});

test('no statement walks over a table that grows, but for lists without a better way', async () => {
  const statements = listenToStatements();
  const store = await openSqliteStore({ path: ':memory:' });
  await store.migrate();
  await callEverything(store);
  await store.close();
  const db = new Connection(':memory:');
  migrate(db, false);
  const queries = [...statements].filter((sql) => /^\s*(select|insert|update|delete)/.test(sql));
  const scans = new Set(queries.flatMap((sql) => scansOf(db, sql)));
  expect(queries.length).toBeGreaterThan(80);
  // Newest first without a condition; unfinished runs of a state; ids by their end; the schedule that comes next.
  expect([...scans].toSorted()).toEqual(['SCAN l', 'SCAN r', 'SCAN runs', 'SCAN schedules']);
});

test('a claim looks at due runs only, whatever number is delayed', async () => {
  const store = await openSqliteStore({ path: ':memory:' });
  await store.migrate();
  const worker = registration();
  await store.registerWorker(worker);
  const wish = { number: 1, worker: worker.id, jobs: [termsOf('work')], free: 10, turn: 0 };
  const claim = async () => {
    const begin = performance.now();
    await store.claim(wish);
    return performance.now() - begin;
  };
  const fastest = async () => {
    const times: number[] = [];
    for (let i = 0; i < 20; i++) times.push(await claim());
    return Math.min(...times);
  };
  const empty = await fastest();
  for (let i = 0; i < 50; i++) await store.submit(newRuns(1_000, { delayMs: 3_600_000 + i }));
  expect(await fastest()).toBeLessThan(Math.max(1, 20 * empty));
  const due = newRun();
  await store.submit([due]);
  const { claims } = await store.claim(wish);
  expect(claims.map(({ run }) => run)).toEqual([due.id]);
  await store.close();
});

/** Every statement that any connection runs from now on. */
function listenToStatements(): ReadonlySet<string> {
  const statements = new Set<string>();
  for (const [i, method] of methods.entries()) {
    const original = originals[i] as () => unknown;
    Reflect.set(Connection.prototype, method, function (this: Connection, sql: string, ...values: unknown[]) {
      statements.add(sql);
      return Reflect.apply(original, this, [sql, ...values]);
    });
  }
  return statements;
}

/** Tables that are small by their nature, and rows that are values (`e` and `j` stand for json_each). */
const small = /^SCAN ([ej] VIRTUAL|json_each|sqlite_schema|workers|pauses|apps|\d+.*ROW|CONSTANT ROW|\(subquery)/;

function scansOf(db: Connection, sql: string): string[] {
  const numbers = [...sql.matchAll(/\?(\d+)/g)].map(([, n]) => Number(n));
  const places = numbers.length > 0 ? Math.max(...numbers) : sql.split('?').length - 1;
  const plan = db.all<{ detail: string }>(`explain query plan ${sql}`, ...Array.from({ length: places }, () => null));
  return plan
    .map(({ detail }) => detail.replace(/ USING .*/, ''))
    .filter((detail) => detail.startsWith('SCAN') && !small.test(detail));
}

async function callEverything(store: Store & Inspector): Promise<void> {
  const calls = new RandomCalls(1);
  for (let i = 0; i < 3_000; i++) await calls.next().make(store);
  for (const { make } of calls.questions()) await make(store);
  await store.plan({ app: 'shop', version: '1.0.0', schedules: [schedulePlan('nightly')] });
  await store.act([pauseOf('schedule', 'nightly'), pauseOf('job', 'work'), pauseOf('queue', 'slow')]);
  await store.backlog({ atMost: 10 });
  await store.stats({ windowMs: 3_600_000, parts: 24, atMost: 10 });
  const { schedules } = await store.due({ limit: 10 });
  const runs = [occurrence('nightly', 1_700_000_000_000)];
  const ranges = [{ from: 1, to: 2, count: 2, reason: 'missed' }] as const;
  for (const { name, revision, live } of schedules) {
    await store.fire([fireOf(name, revision, { runs, ranges, cancels: live })]);
  }
  const filters = [{ parent: 'x' }, { schedule: 'x' }, { key: 'x' }, { job: 'work' }, { tail: 'abcdef' }, { since: 5 }];
  for (const filter of filters) await store.list({ ...filter, limit: 10 });
  await store.list({ states: ['waiting', 'queued', 'failed', 'succeeded', 'cancelled'], job: 'work', limit: 10 });
}

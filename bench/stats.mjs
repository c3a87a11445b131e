// What `stats` costs with a long history and a long queue.
//
//   npm run build && node bench/stats.mjs [runs] [URL]
//
// A million runs that ended within a day, of twenty jobs, one of fifty failed; a hundred thousand queued ones, half of
// them for later. Written by SQL, beside the port. On SQLite also how long a write has to wait meanwhile.
// @ts-check
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import pg from 'pg';
import { openPostgresStore } from '../dist/adapters/postgres/index.js';
import { Connection } from '../dist/adapters/sqlite/file/connection.js';
import { openSqliteStore } from '../dist/adapters/sqlite/index.js';
import { newRun } from './noop-run.mjs';
import { percentiles, report, round } from './support.mjs';

const total = Number(argv[2] ?? 1_000_000);
const url = argv[3];
const queued = total / 10;
const dayMs = 86_400_000;
const request = { windowMs: dayMs, parts: 24, atMost: 10_000 };
const { store, name, close } = url === undefined ? await onSqlite() : await onPostgres(url);
try {
  const { live, ended } = await store.stats(request);
  const due = live.jobs.reduce((sum, job) => sum + job.due, 0);
  const rows = [await timed('stats', 40, () => store.stats(request))];
  rows.push(await timed('backlog', 40, () => store.backlog({ atMost: request.atMost })));
  rows.push(await timed('a submit alone', 40, () => store.submit([newRun(null)])));
  rows.push(
    await timed('a submit right behind stats', 40, () => {
      const asked = store.stats(request);
      return Promise.all([store.submit([newRun(null)]), asked.catch(() => undefined)]);
    }),
  );
  for (const cells of rows) console.log(cells.join('   '));
  const since = new Date(ended.outcomes.succeeded.since).toISOString();
  const note =
    `Told: ${round(due)} due${live.isPartial ? ' at least' : ''}, ${round(ended.outcomes.failed.runs)} failed, ` +
    `${round(ended.outcomes.succeeded.runs)} succeeded since ${since}, jobs since ${new Date(ended.jobsSince).toISOString()}.`;
  console.log(note);
  await report({
    name: `stats-${name}`,
    title: `Stats with ${round(total)} ended and ${round(queued)} queued runs, ${name}`,
    command: `node bench/stats.mjs ${total}${url === undefined ? '' : ' URL'}`,
    head: ['', 'p50', 'p99', 'most'],
    rows,
    notes: [note],
  });
} finally {
  await close();
}

async function onSqlite() {
  const folder = await mkdtemp(join(tmpdir(), 'onejob-bench-'));
  const path = join(folder, 'stats.db');
  const store = await openSqliteStore({ path });
  await store.migrate();
  const db = new Connection(path);
  const numbers = (/** @type {number} */ count) =>
    `with recursive k(n) as (select 1 union all select n + 1 from k where n < ${count})`;
  const id = `printf('%08x-0000-7000-8000-%012x', ?1, n)`;
  const now = Date.now();
  const begin = now - dayMs;
  db.run(
    `${numbers(total)} insert into runs (id, job, queue, trigger, priority, input, max_crashes, trace_id, created_at)
     select ${id}, 'job-' || (n % 20), 'default', 'api', 0, '{"n":1}', 3, '', ?2 from k`,
    1,
    begin,
  );
  db.run(
    `${numbers(total)} insert into outcomes (run, state, attempt, crashes, epoch, generation, started_at, finished_at, output)
     select ${id}, iif(n % 50 = 0, 'failed', 'succeeded'), 1, 0, 1, 0, at - n % 1000, at, '{"ok":true}'
     from (select n, ?2 + n * ?3 / ?4 at from k)`,
    1,
    begin,
    dayMs,
    total,
  );
  db.run(
    `${numbers(queued)} insert into live (run, job, queue, priority, due_at, state, epoch, max_crashes)
     select ${id}, 'job-' || (n % 20), 'default', 0, ?2 + (n % 2) * 7200000 - n, 'queued', 0, 3 from k`,
    2,
    now,
  );
  db.close();
  const close = async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { store, name: 'sqlite', close };
}

/** @param {string} url */
async function onPostgres(url) {
  const schema = `bench_${randomUUID().slice(0, 8)}`;
  const store = await openPostgresStore({ url, schema, max: 4 });
  await store.migrate();
  const admin = new pg.Pool({ connectionString: url, max: 1 });
  const id = (/** @type {number} */ kind) => `'${kind}-' || lpad(n::text, 10, '0')`;
  for (const statement of [
    `insert into ${schema}.runs (id, job, queue, trigger, priority, input, max_crashes, trace_id, created_at)
     select ${id(1)}, 'job-' || (n % 20), 'default', 'api', 0, '{"n":1}', 3, '', 0 from generate_series(1, ${total}) n`,
    `insert into ${schema}.outcomes (run, state, attempt, crashes, epoch, generation, mailbox_seq, started_at, finished_at, output)
     select ${id(1)}, case when n % 50 = 0 then 'failed' else 'succeeded' end, 1, 0, 1, 0, 0, finished - n % 1000, finished,
       '{"ok":true}'
     from generate_series(1, ${total}) n cross join lateral (
       select ${schema}.now_ms() - ${dayMs} + n::bigint * ${dayMs} / ${total} finished) x`,
    `insert into ${schema}.live (run, job, queue, priority, due_at, state, max_crashes)
     select ${id(2)}, 'job-' || (n % 20), 'default', 0, ${schema}.now_ms() + (n % 2) * 7200000 - n, 'queued', 3
     from generate_series(1, ${queued}) n`,
    `vacuum analyze ${schema}.runs`,
    `vacuum analyze ${schema}.outcomes`,
    `vacuum analyze ${schema}.live`,
  ]) {
    await admin.query(statement);
  }
  const close = async () => {
    await store.close();
    await admin.query(`drop schema ${schema} cascade`);
    await admin.end();
  };
  return { store, name: 'postgres', close };
}

/** @param {string} what @param {number} times @param {() => Promise<unknown>} work */
async function timed(what, times, work) {
  const took = [];
  for (let i = 0; i < times; i++) {
    const begun = performance.now();
    await work();
    took.push(performance.now() - begun);
  }
  const { p50, p99, max } = percentiles(took);
  return [what, ...[p50, p99, max].map((ms) => `${ms.toFixed(1)} ms`)];
}

// The yardstick of bench/engine.mjs: the rows of a run written by hand, in groups, in one thread, without a fence, a
// verdict, a key or a message.
// @ts-check
import { openDatabase } from '../dist/adapters/sqlite/file/driver.js';
import { openSqliteStore } from '../dist/adapters/sqlite/index.js';
import { newId, newTraceId } from '../dist/std/id.js';

/** Runs per second. @param {{ path: string; size: number; steps: number; seconds: number }} options */
export async function drivePlainSql({ path, size, steps, seconds }) {
  const store = await openSqliteStore({ path });
  await store.migrate();
  await store.close();
  const db = openDatabase(path);
  db.exec('pragma synchronous = full');
  const [begin, commit] = [db.prepare('begin immediate'), db.prepare('commit')];
  const insertRun = db.prepare(
    `insert into runs (id, job, queue, trigger, priority, max_crashes, trace_id, created_at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertLive = db.prepare(
    `insert into live (run, job, queue, priority, due_at, state, worker, node, epoch, max_crashes, started_at, claimed_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertStep = db.prepare(
    `insert into steps (run, key, n, kind, state, epoch, tries, first_seq, output, started_at, finished_at)
     values (?, ?, ?, 'step', 'succeeded', 1, 1, ?, ?, ?, ?)`,
  );
  const insertOutcome = db.prepare(
    `insert into outcomes (run, state, attempt, crashes, epoch, generation, started_at, finished_at, node)
     values (?, 'succeeded', 1, 0, 1, 0, ?, ?, ?)`,
  );
  const deleteLive = db.prepare('delete from live where run = ?');
  const inTransaction = (/** @type {() => void} */ body) => {
    begin.run();
    body();
    commit.run();
  };
  const start = performance.now();
  let done = 0;
  while (performance.now() < start + seconds * 1_000) {
    const now = Date.now();
    const ids = Array.from({ length: size }, () => newId());
    inTransaction(() => {
      for (const id of ids) {
        insertRun.run(id, 'noop', 'default', 'api', 0, 3, newTraceId(), now);
        insertLive.run(id, 'noop', 'default', 0, now, 'running', 'worker', 'bench', 1, 3, now, now);
      }
    });
    for (let step = 0; step < steps; step++) {
      inTransaction(() => {
        for (const id of ids) insertStep.run(id, `step:${step}`, done + step, step, '1', now, now);
      });
    }
    inTransaction(() => {
      for (const id of ids) {
        insertOutcome.run(id, now, now, 'bench');
        deleteLive.run(id);
      }
    });
    done += size;
  }
  const rate = (1_000 * done) / (performance.now() - start);
  db.close();
  return rate;
}

// What the SQLite store costs: runs that do nothing, submitted with their holder and ended, through the port.
//
//   npm run build && node bench/store-sqlite.mjs [seconds]
//
// Two chains keep the store busy, as the journal does: while one waits for its commit the other fills. Beside it the
// same rows are written by a plain loop of SQL in one thread, without verdicts, keys or messages: the ratio is what
// the port costs.
// @ts-check
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { openSqliteStore } from '../dist/adapters/sqlite/index.js';
import { newId } from '../dist/std/id.js';
import { newRun, outcome } from './noop-run.mjs';
import { drivePlainSql } from './plain-sql.mjs';
import { machine, round } from './support.mjs';

const seconds = Number(argv[2] ?? 5);
console.log(machine());
for (const inFlight of [100, 500, 1000]) {
  const port = await withDirectory((path) => drivePort(path, inFlight / 2));
  const sql = await withDirectory((path) => drivePlainSql({ path, size: inFlight / 2, steps: 0, seconds }));
  const ratio = ((100 * port) / sql).toFixed(0);
  console.log(`${inFlight} in flight: port ${round(port)} runs/s, plain SQL ${round(sql)} runs/s, ${ratio} %`);
}

/** @param {string} path @param {number} size */
async function drivePort(path, size) {
  const store = await openSqliteStore({ path });
  await store.migrate();
  const worker = newId();
  await store.registerWorker({
    id: worker,
    node: 'bench',
    replaces: null,
    identity: { host: 'bench', bootId: '', pidSpace: '', pid: process.pid, pidStart: '' },
    jobs: ['noop'],
    slots: size,
    version: '1.0.0',
    heartbeatMs: 2000,
  });
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let done = 0;
  const chain = async () => {
    while (performance.now() < end) {
      const runs = Array.from({ length: size }, () => newRun(worker));
      for (const { run } of await store.submit(runs)) if (run.state !== 'running') throw new Error(run.state);
      const entries = runs.map(({ id }) => outcome(id));
      for (const verdict of await store.record({ worker, entries })) if (verdict !== 'ok') throw new Error(verdict);
      done += size;
    }
  };
  await Promise.all([chain(), chain()]);
  const rate = (1000 * done) / (performance.now() - begin);
  await store.close();
  return rate;
}

/** @param {(path: string) => Promise<number>} body */
async function withDirectory(body) {
  const directory = await mkdtemp(join(tmpdir(), 'onejob-bench-'));
  try {
    return await body(join(directory, 'onejob.db'));
  } finally {
    await rm(directory, { recursive: true });
  }
}

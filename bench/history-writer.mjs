// Writes finished runs into a store through its port, in groups: history for benchmarks.
// @ts-check
import { openSqliteStore } from '../dist/adapters/sqlite/index.js';
import { newId } from '../dist/std/id.js';
import { newRun, outcome } from './noop-run.mjs';

/** @typedef {Awaited<ReturnType<typeof openFixture>>} Fixture */

/** A store with a worker that holds what is written. @param {string} path */
export async function openFixture(path) {
  const store = await openSqliteStore({ path });
  await store.migrate();
  const worker = newId();
  const identity = { host: 'bench', bootId: '', pidSpace: '', pid: process.pid, pidStart: '' };
  await store.registerWorker({
    id: worker,
    node: 'bench',
    replaces: null,
    identity,
    jobs: ['noop'],
    slots: 100,
    version: '0',
    heartbeatMs: 2_000,
  });
  return { store, worker };
}

/** @param {Fixture} on @param {number} size */
export async function finishGroup({ store, worker }, size) {
  const runs = Array.from({ length: size }, () => newRun(worker));
  await store.submit(runs);
  await store.record({ worker, entries: runs.map(({ id }) => outcome(id)) });
}

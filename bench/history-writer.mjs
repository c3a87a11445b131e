// Writes finished runs into a store through its port, in groups: history for benchmarks.
// @ts-check
import { openSqliteStore } from '../dist/adapters/sqlite/index.js';
import { newId, newTraceId } from '../dist/std/id.js';

/** @typedef {Awaited<ReturnType<typeof openGround>>} Ground */

/** A store with a worker that holds what is written. @param {string} path */
export async function openGround(path) {
  const store = await openSqliteStore({ path });
  await store.migrate();
  const worker = newId();
  const identity = { host: 'bench', bootId: '', pidSpace: '', pid: process.pid, pidStart: '' };
  await store.enrol({
    id: worker,
    node: 'bench',
    replaces: null,
    identity,
    jobs: ['noop'],
    slots: 100,
    version: '0',
    beatMs: 2_000,
  });
  return { store, worker };
}

/** @param {Ground} on @param {number} size */
export async function finishGroup({ store, worker }, size) {
  const runs = Array.from({ length: size }, () => newRun(worker));
  await store.submit(runs);
  await store.record({ worker, entries: runs.map(({ id }) => outcome(id, 1)) });
}

/** @param {string | null} holder @returns {import('../src/ports/store-submit.ts').NewRun} */
export function newRun(holder) {
  const id = newId();
  return {
    id,
    key: null,
    job: 'noop',
    queue: 'default',
    trigger: 'api',
    priority: 0,
    input: '{"n":1}',
    digest: null,
    args: [],
    request: null,
    dueAt: null,
    delayMs: 0,
    timeoutMs: null,
    deadlineMs: null,
    maxCrashes: 3,
    callbacks: /** @type {const} */ ('none'),
    traceId: newTraceId(),
    parent: null,
    root: id,
    schedule: null,
    scheduledAt: null,
    holder,
  };
}

/** @param {string} run @param {number} epoch @returns {import('../src/ports/store-entry.ts').OutcomeEntry} */
export function outcome(run, epoch) {
  const nothing = { response: null, error: null, progress: null, isSilent: false };
  return { kind: 'outcome', run, epoch, state: 'succeeded', output: '{"ok":true}', ...nothing };
}

// The run that the benchmarks of stores write: it does nothing, and ends well.
// @ts-check
import { newId, newTraceId } from '../dist/std/id.js';

/** Held by that worker from its birth; null: left to whoever claims it. @param {string | null} holder @returns {import('../src/ports/store-submit.ts').NewRun} */
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
    claim: 1,
  };
}

/** @param {string} run @returns {import('../src/ports/store-entry.ts').OutcomeEntry} */
export function outcome(run, epoch = 1) {
  const nothing = { response: null, error: null, progress: null, isSilent: false };
  return { kind: 'outcome', run, epoch, state: 'succeeded', output: '{"ok":true}', ...nothing };
}

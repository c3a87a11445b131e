import type { NewRun } from '../../src/ports/store-submit.ts';
import type { WorkerRegistration } from '../../src/ports/store-worker.ts';
import { newId, newTraceId } from '../../src/std/id.ts';

/** What the store's port takes, with a default for each member that a test does not care about. */

export function aRun(over: Partial<NewRun> = {}): NewRun {
  const id = newId();
  return {
    id,
    key: null,
    job: 'work',
    queue: 'default',
    trigger: 'api',
    priority: 0,
    input: null,
    digest: null,
    args: [],
    request: null,
    dueAt: null,
    delayMs: 0,
    timeoutMs: null,
    deadlineMs: null,
    maxCrashes: 3,
    callbacks: 'none',
    traceId: newTraceId(),
    parent: null,
    root: id,
    schedule: null,
    scheduledAt: null,
    holder: null,
    claim: 1,
    ...over,
  };
}

export function aRegistration(over: Partial<WorkerRegistration> = {}): WorkerRegistration {
  return {
    id: newId(),
    node: 'node-a',
    replaces: null,
    identity: { host: 'h', bootId: 'b', pidSpace: 'p', pid: 1, pidStart: '1' },
    jobs: ['work'],
    slots: 10,
    version: '1.0.0',
    heartbeatMs: 3_600_000,
    ...over,
  };
}

import type { CalledBack } from '../../../job/callbacks.ts';
import type { RunId } from '../../../job/run.ts';
import type { Action, PauseAction } from '../../../ports/store-action.ts';
import type { Hold, JobTerms } from '../../../ports/store-claim.ts';
import type { HandBackEntry, OutcomeEntry, StepEntry, SuspendEntry, TryEntry } from '../../../ports/store-entry.ts';
import type { Fire, SchedulePlan } from '../../../ports/store-schedule.ts';
import type { NewRun } from '../../../ports/store-submit.ts';
import type { WorkerRegistration } from '../../../ports/store-worker.ts';
import { newId, newTraceId } from '../../../std/id.ts';
import { digest } from '../../../std/json.ts';

/** What the port takes, with a default for each member that a test does not care about. */

export function newRun(over: Partial<NewRun> = {}): NewRun {
  const id = over.id ?? newId();
  const input = over.input === undefined ? '{"n":1}' : over.input;
  return {
    id,
    key: null,
    job: 'work',
    queue: 'default',
    trigger: 'api',
    priority: 0,
    input,
    digest: input === null ? null : digest(input), // of the text as it is: the store only compares it
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

export function newRuns(count: number, over: Partial<NewRun> = {}): NewRun[] {
  return Array.from({ length: count }, () => newRun(over));
}

/** What a worker says of a job with a claim. */
export function termsOf(name: string, over: Partial<JobTerms> = {}): JobTerms {
  return { name, timeoutMs: null, deadlineMs: null, maxCrashes: 3, callbacks: 'none', ...over };
}

/** A child as a parent's step makes it. */
export function childOf(parent: { run: RunId; root: RunId }, over: Partial<NewRun> = {}): NewRun {
  return newRun({ trigger: 'parent', parent: parent.run, root: parent.root, ...over });
}

export function registration(over: Partial<WorkerRegistration> = {}): WorkerRegistration {
  return {
    id: newId(),
    node: 'node-a',
    replaces: null,
    identity: { host: 'host-a', bootId: 'boot-1', pidSpace: '4026531836', pid: 4711, pidStart: '123456' },
    jobs: ['work'],
    slots: 10,
    version: '1.0.0',
    heartbeatMs: 3_600_000, // a store that heartbeats by itself does not within a test
    ...over,
  };
}

export function stepDone(hold: Hold, key: string, over: Partial<StepEntry> = {}): StepEntry {
  return {
    kind: 'step',
    ...fence(hold),
    key,
    type: 'step',
    state: 'succeeded',
    tries: 1,
    firstSeq: 0,
    output: '"done"',
    error: null,
    startedAt: 1_700_000_000_000,
    finishedAt: 1_700_000_000_005,
    consumes: null,
    ...over,
  };
}

export function stepBegun(hold: Hold, key: string, over: Partial<TryEntry> = {}): TryEntry {
  return {
    kind: 'try',
    ...fence(hold),
    key,
    type: 'step',
    tries: 1,
    firstSeq: 0,
    output: null,
    error: null,
    startedAt: 1_700_000_000_000,
    resumeAt: null,
    resumeInMs: null,
    child: null,
    retriesChild: false,
    ...over,
  };
}

export function suspended(hold: Hold, over: Partial<SuspendEntry> = {}): SuspendEntry {
  return { kind: 'suspend', ...fence(hold), mailboxSeq: 0, wakeInMs: null, waitingFor: ['event approved'], ...over };
}

export function ended(hold: Hold, over: Partial<OutcomeEntry> = {}): OutcomeEntry {
  return {
    kind: 'outcome',
    ...fence(hold),
    state: 'succeeded',
    output: '{"ok":true}',
    response: null,
    error: null,
    progress: null,
    isSilent: false,
    ...over,
  };
}

export function failed(hold: Hold, over: Partial<OutcomeEntry> = {}): OutcomeEntry {
  return ended(hold, { state: 'failed', output: null, error: { code: 'JOB_FAILED', message: 'it broke' }, ...over });
}

export function handedBack(hold: Hold, over: Partial<HandBackEntry> = {}): HandBackEntry {
  return { kind: 'handBack', ...fence(hold), attempt: 1, delayMs: 0, error: null, ...over };
}

export function cancelOf(
  ref: string,
  { callbacks = 'unknown', ...over }: ActionOver & { callbacks?: CalledBack } = {},
): Action {
  return { ...asked(over), kind: 'cancel', ref, callbacks };
}

export function eventTo(ref: string, name: string, data: string | null = null, over: { id?: string } = {}): Action {
  return { ...asked(over), kind: 'event', ref, name, data };
}

export function retryOf(ref: string, over: { id?: string } = {}): Action {
  return { ...asked(over), kind: 'retry', ref };
}

export function restartOf(ref: string, from: string | null, over: { id?: string } = {}): Action {
  return { ...asked(over), kind: 'restart', ref, from };
}

export function rescheduleOf(ref: string, delayMs: number, over: { id?: string } = {}): Action {
  return { ...asked(over), kind: 'reschedule', ref, delayMs };
}

export function pauseOf(type: PauseAction['target']['type'], name: string, until: number | null = null): PauseAction {
  return { ...asked({ reason: 'maintenance' }), kind: 'pause', target: { type, name }, until };
}

export function resumeOf(type: PauseAction['target']['type'], name: string): PauseAction {
  return { ...asked(), kind: 'resume', target: { type, name }, until: null };
}

export function schedulePlan(name: string, over: Partial<SchedulePlan> = {}): SchedulePlan {
  return { name, job: 'work', spec: '{"cron":"0 0 2 * * *"}', nextAt: 1_700_000_000_000, ...over };
}

export function fireOf(schedule: string, revision: number, over: Partial<Fire> = {}): Fire {
  return { schedule, revision, runs: [], ranges: [], cancels: [], nextAt: 1_700_000_060_000, ...over };
}

/** A run that a schedule asks for. */
export function occurrence(schedule: string, scheduledAt: number, over: Partial<NewRun> = {}): NewRun {
  return newRun({ trigger: 'schedule', schedule, scheduledAt, dueAt: scheduledAt, ...over });
}

interface ActionOver {
  readonly id?: string;
  readonly actor?: string;
  readonly reason?: string | null;
}

function asked(over: ActionOver = {}): {
  id: string;
  actor: string;
  reason: string | null;
} {
  return { id: newId(), actor: 'ann', reason: 'no longer needed', ...over };
}

function fence({ run, epoch }: Hold): Hold {
  return { run, epoch };
}

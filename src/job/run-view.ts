import type { Failure } from './failure.ts';
import type { JsonText, Progress, Run, RunId, StepKind, StepRecord, StepState, StoredResponse } from './run.ts';
import type { RunState, Trigger } from './state.ts';

/** An instant as text, by RFC 3339, in UTC. */
export type InstantText = string;

/** The JSON of a run, the same in every face: all of it but what it was asked with. Members may come, none may change. */
export interface RunView {
  readonly id: RunId;
  readonly key: string | null;
  readonly jobId: string;
  readonly job: string;
  readonly state: RunState;
  readonly trigger: Trigger;
  readonly attempt: number;
  readonly crashes: number;
  readonly priority: number;
  readonly input: unknown;
  readonly output: unknown;
  readonly error: Failure | null;
  readonly progress: Progress | null;
  readonly scheduledAt: InstantText | null;
  readonly createdAt: InstantText;
  readonly startedAt: InstantText | null;
  readonly finishedAt: InstantText | null;
  readonly durationMs: number | null;
  readonly node: string | null;
  readonly epoch: number;
  readonly traceId: string;
  readonly parentId: RunId | null;
  readonly rootId: RunId;
  readonly generation: number;
  readonly queue: string;
  readonly schedule: string | null;
  readonly dueAt: InstantText | null;
  readonly waitingFor: readonly string[];
  readonly args: readonly string[];
  readonly response: StoredResponse | null;
  /** Only where the run has them. */
  readonly steps?: readonly StepView[];
  /** In a list: the values that are too large for it, with their sizes in bytes. */
  readonly omitted?: Run['omitted'];
}

interface StepView {
  readonly key: string;
  readonly state: StepState;
  readonly tries: number;
  readonly output: unknown;
  readonly error: Failure | null;
  readonly startedAt: InstantText;
  readonly finishedAt: InstantText | null;
  readonly kind: StepKind;
  readonly firstSeq: number;
  readonly resumeAt: InstantText | null;
  readonly childId: RunId | null;
}

export function runView(run: Run): RunView {
  return {
    id: run.id,
    key: run.key,
    jobId: run.key ?? run.id,
    job: run.job,
    state: run.state,
    trigger: run.trigger,
    attempt: run.attempt,
    crashes: run.crashes,
    priority: run.priority,
    input: parsed(run.input),
    output: parsed(run.output),
    error: run.error,
    progress: run.progress,
    scheduledAt: maybeInstant(run.scheduledAt),
    createdAt: instant(run.createdAt),
    startedAt: maybeInstant(run.startedAt),
    finishedAt: maybeInstant(run.finishedAt),
    durationMs: run.startedAt !== null && run.finishedAt !== null ? run.finishedAt - run.startedAt : null,
    node: run.node,
    epoch: run.epoch,
    traceId: run.traceId,
    parentId: run.parent,
    rootId: run.root,
    generation: run.generation,
    queue: run.queue,
    schedule: run.schedule,
    dueAt: maybeInstant(run.dueAt),
    waitingFor: run.waitingFor,
    args: run.args,
    response: run.response,
    ...(run.steps && { steps: run.steps.map(stepView) }),
    ...(run.omitted && { omitted: run.omitted }),
  };
}

/** Makes a run of the view of one. What the run was asked with is not in a view. */
export function runOfView(view: RunView): Run {
  return {
    id: view.id,
    key: view.key,
    job: view.job,
    queue: view.queue,
    state: view.state,
    trigger: view.trigger,
    priority: view.priority,
    attempt: view.attempt,
    crashes: view.crashes,
    epoch: view.epoch,
    generation: view.generation,
    input: textOf(view.input),
    args: view.args,
    request: null,
    output: textOf(view.output),
    response: view.response,
    error: view.error,
    progress: view.progress,
    waitingFor: view.waitingFor,
    schedule: view.schedule,
    scheduledAt: maybeTime(view.scheduledAt),
    createdAt: Date.parse(view.createdAt),
    dueAt: maybeTime(view.dueAt),
    startedAt: maybeTime(view.startedAt),
    finishedAt: maybeTime(view.finishedAt),
    node: view.node,
    traceId: view.traceId,
    parent: view.parentId,
    root: view.rootId,
    ...(view.steps && { steps: view.steps.map(stepOfView) }),
    ...(view.omitted && { omitted: view.omitted }),
  };
}

function stepView(step: StepRecord): StepView {
  return {
    key: step.key,
    state: step.state,
    tries: step.tries,
    output: parsed(step.output),
    error: step.error,
    startedAt: instant(step.startedAt),
    finishedAt: maybeInstant(step.finishedAt),
    kind: step.kind,
    firstSeq: step.firstSeq,
    resumeAt: maybeInstant(step.resumeAt),
    childId: step.child,
  };
}

function stepOfView(view: StepView): StepRecord {
  return {
    key: view.key,
    kind: view.kind,
    state: view.state,
    tries: view.tries,
    firstSeq: view.firstSeq,
    output: textOf(view.output),
    error: view.error,
    resumeAt: maybeTime(view.resumeAt),
    child: view.childId,
    startedAt: Date.parse(view.startedAt),
    finishedAt: maybeTime(view.finishedAt),
  };
}

function parsed(text: JsonText | null): unknown {
  return text === null ? null : JSON.parse(text);
}

/** A view shows null for a value that is null, and for one that is missing. Both are read as missing. */
function textOf(value: unknown): JsonText | null {
  return value === null ? null : JSON.stringify(value);
}

function instant(ms: number): InstantText {
  return new Date(ms).toISOString();
}

function maybeInstant(ms: number | null): InstantText | null {
  return ms === null ? null : instant(ms);
}

function maybeTime(text: InstantText | null): number | null {
  return text === null ? null : Date.parse(text);
}

import type { CalledBack } from '../../job/callbacks.ts';
import type { Failure } from '../../job/failure.ts';
import type { Progress, Run, StepKind, StepRecord, StepState, StoredRequest, StoredResponse } from '../../job/run.ts';
import type { RunState, Trigger } from '../../job/state.ts';
import type { MailboxItem } from '../../ports/store-action.ts';

/** A run as the databases keep it: instants in milliseconds, everything structured as JSON text. */
export interface RunRow {
  readonly id: string;
  readonly key: string | null;
  readonly job: string;
  readonly queue: string;
  readonly state: string;
  readonly trigger: string;
  readonly priority: number;
  readonly attempt: number;
  readonly crashes: number;
  /** 0, 1, or null of a run that has ended. */
  readonly suspect: number | null;
  readonly epoch: number;
  readonly generation: number;
  readonly input: string | null;
  readonly args: string | null;
  readonly request: string | null;
  readonly output: string | null;
  readonly response: string | null;
  readonly error: string | null;
  readonly progress: string | null;
  readonly waiting_for: string | null;
  readonly schedule: string | null;
  readonly scheduled_at: number | null;
  readonly created_at: number;
  readonly due_at: number | null;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly node: string | null;
  readonly trace_id: string;
  readonly parent: string | null;
  /** Null where the run is its own root. */
  readonly root: string | null;
  /** In lists: the sizes of values that are too large. */
  readonly input_bytes?: number | null;
  readonly args_bytes?: number | null;
  readonly request_bytes?: number | null;
  readonly output_bytes?: number | null;
  readonly response_bytes?: number | null;
  readonly error_bytes?: number | null;
}

export function runOf(row: RunRow): Run {
  return {
    id: row.id,
    key: row.key,
    job: row.job,
    queue: row.queue,
    state: row.state as RunState,
    trigger: row.trigger as Trigger,
    priority: row.priority,
    attempt: row.attempt,
    crashes: row.crashes,
    ...(row.suspect === 1 && { isSuspect: true }),
    epoch: row.epoch,
    generation: row.generation,
    input: row.input,
    args: listOf(row.args),
    request: jsonOf<StoredRequest>(row.request),
    output: row.output,
    response: jsonOf<StoredResponse>(row.response),
    error: jsonOf<Failure>(row.error),
    progress: jsonOf<Progress>(row.progress),
    waitingFor: listOf(row.waiting_for),
    schedule: row.schedule,
    scheduledAt: row.scheduled_at,
    createdAt: row.created_at,
    dueAt: row.due_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    node: row.node,
    traceId: row.trace_id,
    parent: row.parent,
    root: row.root ?? row.id,
    ...omittedOf(row),
  };
}

function omittedOf(row: RunRow): Pick<Run, 'omitted'> {
  const sizes = omittable.flatMap((name) => {
    const bytes = row[`${name}_bytes`];
    return bytes === undefined || bytes === null ? [] : [[name, bytes] as const];
  });
  return sizes.length > 0 ? { omitted: Object.fromEntries(sizes) } : {};
}

const omittable = ['input', 'args', 'request', 'output', 'response', 'error'] as const;

export interface StepColumns {
  readonly key: string;
  readonly kind: string;
  readonly state: string;
  readonly tries: number;
  readonly first_seq: number;
  readonly output: string | null;
  readonly error: string | null;
  readonly resume_at: number | null;
  readonly child: string | null;
  readonly started_at: number;
  readonly finished_at: number | null;
}

export function stepOf(row: StepColumns): StepRecord {
  return {
    key: row.key,
    kind: row.kind as StepKind,
    state: row.state as StepState,
    tries: row.tries,
    firstSeq: row.first_seq,
    output: row.output,
    error: jsonOf<Failure>(row.error),
    resumeAt: row.resume_at,
    child: row.child,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

export interface MailboxColumns {
  readonly n: number;
  readonly kind: string;
  readonly name: string;
  readonly data: string | null;
  readonly actor: string | null;
  readonly reason: string | null;
  readonly at: number;
}

export function mailboxItemOf(row: MailboxColumns): MailboxItem {
  const { n, name, data, actor, reason, at } = row;
  return { n, kind: row.kind as MailboxItem['kind'], name, data, actor, reason, at };
}

/** Reads JSON that we wrote ourselves; null stays null. */
export function jsonOf<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}

/** An empty list is kept as null: most runs have no arguments, and a null costs one byte. */
export function listOf(text: string | null): readonly string[] {
  return text === null ? [] : (JSON.parse(text) as string[]);
}

export function listText(list: readonly string[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list);
}

/** Keeps `none` as null, which costs nothing: most runs have no callback. */
export function callbacksText(callbacks: CalledBack): Exclude<CalledBack, 'none'> | null {
  return callbacks === 'none' ? null : callbacks;
}

export function jsonText(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

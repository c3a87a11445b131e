import type { AnyJob } from '../../job/define.ts';
import type { OutputLine } from '../../job/output-line.ts';
import type { InstantText } from '../../job/run-view.ts';
import { jsonSchemaOf, type JsonSchema } from '../../job/schema.ts';
import type { Pause } from '../../ports/inspector.ts';
import type { WorkerSummary } from './worker-summary.ts';
import type { TailedLine } from '../client/run-reader.ts';

/*
 * The JSON of what is no run, the same in every face; that of a run is `runView`. Instants are RFC 3339 in
 * UTC, durations milliseconds.
 */

/** A job: what it takes and its rules, without its code. */
export interface JobView extends Pick<
  AnyJob,
  'name' | 'summary' | 'details' | 'examples' | 'timeoutMs' | 'deadlineMs' | 'graceMs' | 'queue' | 'priority'
> {
  readonly maxCrashes: number;
  /** Null where the schema cannot say it. */
  readonly input: JsonSchema | null;
  readonly positional: readonly string[];
  readonly short: Readonly<Record<string, string>>;
  readonly keyed: boolean;
  /** `attempts` null: without end. */
  readonly retry: Omit<AnyJob['retry'], 'attempts'> & { readonly attempts: number | null };
  readonly steps: readonly string[] | null;
  readonly place: string;
}

export interface PauseView {
  readonly reason: string | null;
  readonly actor: string;
  readonly since: InstantText;
  readonly until: InstantText | null;
}

/** A process that works on the store, with what the store says of its node. */
export interface NodeView extends Pick<
  WorkerSummary,
  'id' | 'node' | 'stalled' | 'load' | 'slots' | 'jobs' | 'version'
> {
  readonly host: string;
  readonly pid: number;
  readonly drained: boolean;
  readonly since: InstantText;
}

/** A line of a run's output; reading goes on behind `offset`, or behind all lines of this `seq`. */
export interface LineView extends Omit<OutputLine, 'at'> {
  readonly seq: number;
  readonly offset: string;
  readonly time: InstantText;
}

export function jobView(job: AnyJob): JobView {
  return {
    name: job.name,
    summary: job.summary,
    details: job.details,
    examples: job.examples,
    input: jsonSchemaOf(job.input),
    positional: job.cli.positional,
    short: job.cli.short,
    keyed: job.key !== undefined,
    retry: { ...job.retry, attempts: Number.isFinite(job.retry.attempts) ? job.retry.attempts : null },
    timeoutMs: job.timeoutMs,
    deadlineMs: job.deadlineMs,
    graceMs: job.graceMs,
    queue: job.queue,
    priority: job.priority,
    maxCrashes: job.maxCrashes,
    steps: job.stepNames,
    place: job.place,
  };
}

/** A job in a list, with its pause. */
export function listedJobView(job: AnyJob, pauses: readonly Pause[]): JobView & { paused: PauseView | null } {
  const pause = pauses.find(({ type, name }) => type === 'job' && name === job.name);
  return { ...jobView(job), paused: pause ? pauseView(pause) : null };
}

export function pauseView({ reason, actor, since, until }: Pause): PauseView {
  return { reason, actor, since: instant(since), until: until === null ? null : instant(until) };
}

export function nodeView(worker: WorkerSummary, pauses: readonly Pause[]): NodeView {
  const { id, node, identity, load, slots, jobs, version, registeredAt, stalled } = worker;
  const { host, pid } = identity;
  const drained = pauses.some(({ type, name }) => type === 'node' && name === node);
  return { id, node, host, pid, stalled, drained, load, slots, jobs, version, since: instant(registeredAt) };
}

export function lineView({ seq, offset, line }: TailedLine): LineView {
  const { at, ...rest } = line;
  return { seq, offset, time: instant(at), ...rest };
}

export function instant(ms: number): InstantText {
  return new Date(ms).toISOString();
}

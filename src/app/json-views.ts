import type { AnyJob } from '../job/define.ts';
import { jsonSchemaOf } from '../job/schema.ts';
import type { Pause } from '../ports/inspector.ts';
import type { WorkerSummary } from './client.ts';
import type { TailedLine } from './run-reader.ts';

/*
 * The JSON of what is no run, the same in every face; that of a run is `runView` (DESIGN §8). Instants are RFC 3339 in
 * UTC, durations milliseconds.
 */

/** A job: what it takes and its rules, without its code. */
export function jobView(job: AnyJob): Record<string, unknown> {
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
export function listedJobView(job: AnyJob, pauses: readonly Pause[]): Record<string, unknown> {
  const pause = pauses.find(({ type, name }) => type === 'job' && name === job.name);
  return { ...jobView(job), paused: pause ? pauseView(pause) : null };
}

export function pauseView({ reason, actor, since, until }: Pause): Record<string, unknown> {
  return { reason, actor, since: instant(since), until: instant(until) };
}

/** A process that works on the store, with what the store says of its node. */
export function nodeView(worker: WorkerSummary, pauses: readonly Pause[]): Record<string, unknown> {
  const { id, node, identity, load, slots, jobs, version, enrolledAt, stalled } = worker;
  const { host, pid } = identity;
  const drained = pauses.some(({ type, name }) => type === 'node' && name === node);
  return { id, node, host, pid, stalled, drained, load, slots, jobs, version, since: instant(enrolledAt) };
}

/** A line of a run's output; reading goes on behind `offset`, or behind all lines of this `seq`. */
export function lineView({ seq, offset, line }: TailedLine): Record<string, unknown> {
  const { at, ...rest } = line;
  return { seq, offset, time: instant(at), ...rest };
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

import { relative } from 'node:path';
import type { AnyJob } from '../../job/define.ts';
import { jsonSchemaOf } from '../../job/schema.ts';

/** A job as JSON: what it takes and its rules, without its code. Durations in milliseconds. */
export function jobView(job: AnyJob): Record<string, unknown> {
  return {
    name: job.name,
    summary: job.summary,
    details: job.details,
    examples: job.examples,
    input: jsonSchemaOf(job.input),
    positional: job.cli.positional,
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

/** Where a job was defined, from where the reader stands. */
export function placeOf({ place }: AnyJob): string {
  const shown = relative(process.cwd(), place);
  return shown.startsWith('..') ? place : shown;
}

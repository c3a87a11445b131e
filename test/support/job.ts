import type { JobContext } from '../../src/job/context.ts';
import { defineJob, type AnyJob, type JobOptions } from '../../src/job/define.ts';

export type Context = JobContext<unknown, object>;

/** A job called `work`. */
export function job(
  run: (context: Context) => unknown,
  options: Partial<JobOptions<undefined, unknown, object>> = {},
): AnyJob {
  return defineJob({ name: 'work', ...options, run });
}

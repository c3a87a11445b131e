import { setImmediate as nextTurn } from 'node:timers/promises';
import { newRun, type SubmittedJob, type Wish } from '../engine/submission.ts';
import type { NewRun } from '../ports/store-submit.ts';
import { parseDuration } from '../std/duration.ts';
import type { EnqueueOptions } from './client.ts';
import { withTraceParent } from './tracing.ts';

type Item = EnqueueOptions & { readonly input: unknown };

/**
 * The runs that a caller of a client wishes, checked, in their order. They are made in portions: a large call does not
 * hold up the process, nor the store, which works on others meanwhile.
 *
 * @throws as `newRun`; nothing is written
 */
export async function newRuns(
  job: SubmittedJob,
  items: readonly Item[],
  { maxBytes, redact }: { readonly maxBytes: number; readonly redact: readonly string[] | undefined },
): Promise<NewRun[]> {
  const runs: NewRun[] = [];
  for (let at = 0; at < items.length; at += portion) {
    if (at > 0) await nextTurn();
    const made = items.slice(at, at + portion).map(async (item) => newRun(job, await wishOf(item), maxBytes, redact));
    runs.push(...(await Promise.all(made)));
  }
  return runs;
}

/** Some milliseconds of work. */
const portion = 500;

async function wishOf({ input, delay, timeout, trigger = 'api', headers, ...rest }: Item): Promise<Wish> {
  return {
    ...rest,
    headers: await withTraceParent(headers),
    input,
    trigger,
    delayMs: delay === undefined ? 0 : parseDuration(delay),
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout),
  };
}

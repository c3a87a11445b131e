import { setImmediate as nextTurn } from 'node:timers/promises';
import { newRun, type SubmittedJob, type Wish } from '../../engine/attempt/submission.ts';
import type { NewRun } from '../../ports/store-submit.ts';
import type { EnqueueOptions } from './client.ts';
import { durationOption } from '../config/duration-option.ts';
import { withTraceParent } from '../tracing.ts';

interface Limits {
  readonly maxBytes: number;
  readonly redact: readonly string[] | undefined;
}

type Item = EnqueueOptions & { readonly input: unknown };

/**
 * The runs that a caller of a client wishes, checked, in their order. They are made in portions: a large call does not
 * hold up the process, nor the store, which works on others meanwhile.
 *
 * @throws as `newRun`, and USAGE for a duration that is none; nothing is written
 */
export async function newRuns(job: SubmittedJob, items: readonly Item[], limits: Limits): Promise<NewRun[]> {
  const [only] = items;
  if (only && items.length === 1) return [await runOf(job, only, limits)];
  const runs: NewRun[] = [];
  for (let at = 0; at < items.length; at += portion) {
    if (at > 0) await nextTurn();
    const made = items.slice(at, at + portion).map((item) => runOf(job, item, limits));
    runs.push(...(await Promise.all(made)));
  }
  return runs;
}

/** Some milliseconds of work. */
const portion = 500;

async function runOf(job: SubmittedJob, item: Item, { maxBytes, redact }: Limits): Promise<NewRun> {
  // One by one: what else a caller without types may have put in is the engine's own to say.
  const { input, delay, timeout, trigger = 'api', headers: given, key, priority, args, body } = item;
  const headers = withTraceParent(given);
  const wish: Wish = {
    key,
    priority,
    args,
    body,
    headers: headers instanceof Promise ? await headers : headers,
    input,
    trigger,
    delayMs: durationOption('delay', delay) ?? 0,
    timeoutMs: durationOption('timeout', timeout),
  };
  return newRun(job, wish, maxBytes, redact);
}

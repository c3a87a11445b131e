import type { Duration } from '../std/duration.ts';
import type { Stored } from '../std/stored.ts';
import type { StepName } from './key.ts';
import type { InputOf, JobReference, OutputOf } from './reference.ts';
import type { RetryOptions } from './retry.ts';
import type { Schema, SchemaOutput } from './schema.ts';

export type { StepName };

/** What one execution of a step is given. */
export interface StepContext {
  /** Idempotency key to hand on to other systems: the same for every execution of this step of this run. */
  readonly key: string;
  /** Execution, from 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

export type StepWork<T> = (context: StepContext) => T | Promise<T>;

export interface StepOptions {
  /** Instead of the job's own policy. */
  retry?: RetryOptions;
  /** Running time of one try. */
  timeout?: Duration;
}

export interface PageOptions<Item, Cursor> {
  from: Cursor;
  /** Reads the page at `cursor`; an empty page ends the work. */
  read: (cursor: Cursor, context: StepContext) => readonly Item[] | Promise<readonly Item[]>;
  /** The cursor after this page; recorded when the page is done. */
  next: (last: Item, page: readonly Item[]) => Cursor;
  /** `log`: a failing item is logged, counted and skipped. Default `throw`. */
  onError?: 'log' | 'throw';
}

/**
 * Named pieces of a run whose results are recorded once: after a crash or a retry a recorded step is not executed
 * again, its result is handed out (protocol/replay#recorded-once). Results are JSON; what comes back is what was recorded.
 */
export interface Step {
  <T>(name: StepName, ...rest: [work: StepWork<T>] | [options: StepOptions, work: StepWork<T>]): Promise<Stored<T>>;
  /** Frees the slot, survives restarts. */
  sleep(name: StepName, duration: Duration): Promise<void>;
  sleepUntil(name: StepName, instant: Date): Promise<void>;
  /**
   * Waits for an event of that name; one sent early is kept. Past `timeout`, which counts from the first time that the
   * wait is asked for and stays as it was then: `orElse`, or it throws WAIT_TIMED_OUT.
   */
  wait<S extends Schema | undefined = undefined, E = never>(
    event: string,
    options?: { schema?: S; timeout?: Duration; orElse?: E; name?: StepName },
  ): Promise<(S extends undefined ? unknown : SchemaOutput<S>) | E>;
  /** A child run: its own record, retry and history; cancelled with its parent. */
  run<J extends JobReference>(name: StepName, job: J, input: InputOf<J>): Promise<OutputOf<J>>;
  /** Reads pages by cursor; the cursor is recorded after each page (contract VT-24). */
  pages<Item, Cursor>(
    name: StepName,
    options: PageOptions<Item, Cursor>,
    each: (item: Item) => unknown,
  ): Promise<{ pages: number; items: number; failed: number }>;
}

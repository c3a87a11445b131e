import type { Duration } from '../std/duration.ts';
import type { Stored } from '../std/stored.ts';
import type { StepName } from './key.ts';
import type { InputOf, JobReference, OutputOf } from './reference.ts';
import type { RetryOptions } from './retry.ts';
import type { Schema, SchemaOutput } from './schema.ts';

export type { StepName };

/** What one execution of a step is given. */
export interface StepContext {
  /** The idempotency key to hand on to other systems. It is the same for every execution of this step of this run. */
  readonly key: string;
  /** The number of this try, from 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

export type StepWork<T> = (context: StepContext) => T | Promise<T>;

export interface StepOptions {
  /** A policy for this step, instead of that of the job. */
  retry?: RetryOptions;
  /** Limit of the running time of one try. */
  timeout?: Duration;
}

export interface PageOptions<Item, Cursor> {
  from: Cursor;
  /** Reads the page at `cursor`. An empty page ends the step. */
  read: (cursor: Cursor, context: StepContext) => readonly Item[] | Promise<readonly Item[]>;
  /** Gives the cursor behind this page. It is recorded when the page is done. */
  next: (last: Item, page: readonly Item[]) => Cursor;
  /** `log`: an item that fails is logged, counted and skipped. Default: `throw`, which fails the try. */
  onError?: 'log' | 'throw';
}

/**
 * Steps are named pieces of a run whose results are recorded once. After a crash or a retry a recorded step is not
 * executed again; its result is handed out (protocol/replay#recorded-once). Results are JSON: the caller gets what was
 * recorded.
 */
export interface Step {
  <T>(name: StepName, ...rest: [work: StepWork<T>] | [options: StepOptions, work: StepWork<T>]): Promise<Stored<T>>;
  /** Waits for so long. The run gives up its slot, and the wait survives a restart of the process. */
  sleep(name: StepName, duration: Duration): Promise<void>;
  sleepUntil(name: StepName, instant: Date): Promise<void>;
  /**
   * Waits for an event of that name. An event that was sent early is kept. The `timeout` counts from the first time
   * that the wait is asked for, and keeps the value that it had then. After it the wait gives `orElse`, or throws
   * WAIT_TIMED_OUT.
   */
  wait<S extends Schema | undefined = undefined, E = never>(
    event: string,
    options?: { schema?: S; timeout?: Duration; orElse?: E; name?: StepName },
  ): Promise<(S extends undefined ? unknown : SchemaOutput<S>) | E>;
  /**
   * Starts a child run and waits for its output. It has a record, retries and a history of its own, and is cancelled
   * with its parent.
   */
  run<J extends JobReference>(name: StepName, job: J, input: InputOf<J>): Promise<OutputOf<J>>;
  /** Reads through something large page by page. The cursor is recorded after each page (contract VT-24). */
  pages<Item, Cursor>(
    name: StepName,
    options: PageOptions<Item, Cursor>,
    each: (item: Item) => unknown,
  ): Promise<{ pages: number; items: number; failed: number }>;
}

import type { InputOf, JobReference, OutputOf } from '../../job/reference.ts';
import type { Run } from '../../job/run.ts';
import type { Trigger } from '../../job/state.ts';
import type { Pause } from '../../ports/inspector.ts';
import type { ActionResult, PauseTarget } from '../../ports/store-action.ts';
import type { Page, RunQuery } from '../../ports/store-query.ts';
import type { Duration } from '../../std/duration.ts';
import type { Explanation } from './explain.ts';
import type { RunHandle } from './run-handle.ts';
import type { LinesOptions, TailedLine, WaitOptions } from './run-reader.ts';
import type { StatsView } from '../views/stats-view.ts';
import type { WorkerSummary } from '../views/worker-summary.ts';

/**
 * Asks for runs, reads them and sends them words; needs no job's code. References are ids, keys, or ends of ids. Works
 * on a store (`createStoreClient`) or on a server (`createHttpClient`), and its callers need not know which. Every method may throw
 * STORE_UNAVAILABLE, that of a server SERVER_UNAVAILABLE, UNAUTHORIZED and FORBIDDEN as well.
 */
export interface Client {
  /**
   * Asks for a run, by definition or by name, and resolves when it is stored (contracts VT-5, VT-6).
   * @throws JOB_UNKNOWN, INPUT_INVALID, VALUE_REJECTED, KEY_CONFLICT, STORE_UNAVAILABLE; nothing is stored then
   */
  enqueue<J extends JobReference = JobReference<unknown>>(
    job: J | string,
    input?: InputOf<J>,
    options?: EnqueueOptions,
  ): Promise<RunHandle<OutputOf<J>>>;

  /**
   * Many at once, checked before anything is stored, answered in order: all that are new are created in one commit, or
   * none. At most 10,000 runs of 64 MiB in all.
   *
   * @throws PAYLOAD_TOO_LARGE for more
   */
  enqueueMany<J extends JobReference = JobReference<unknown>>(
    job: J | string,
    items: readonly (EnqueueOptions & { input: InputOf<J> })[],
    options?: { tx?: unknown },
  ): Promise<RunHandle<OutputOf<J>>[]>;

  get(ref: string, options?: { steps?: boolean }): Promise<Run | null>;

  /** @throws RUN_UNKNOWN */
  find(ref: string, options?: { steps?: boolean }): Promise<Run>;

  /** In order, `null` for unknown; as in a list. */
  getMany(refs: readonly string[]): Promise<(Run | null)[]>;

  /**
   * Newest first, 50 unless told. A value above 16 KiB is left out, and `omitted` says its size: `get` has it. A page ends
   * early, with a `next`, when it has 8 MiB.
   */
  list(query?: Partial<RunQuery>): Promise<Page<Run>>;

  /** Resolves when the run has ended. @throws RUN_UNKNOWN, WAIT_TIMED_OUT; or the signal's reason */
  wait(ref: string, options?: WaitOptions): Promise<Run>;

  /** The output so far; with `follow` until the run has ended. */
  lines(ref: string, options?: LinesOptions): AsyncGenerator<TailedLine>;

  /**
   * Ends a run at once where nobody executes it; else it is a request that the owner sees within a second. `now` ends
   * it without asking the owner, whose handler is told afterwards. @throws RUN_UNKNOWN, RUN_FINISHED
   */
  cancel(ref: string, reason?: string, options?: { now?: boolean }): Promise<ActionResult>;

  /**
   * Sends an event to a run. It is stored, also when it comes before the run waits for it. @throws RUN_UNKNOWN,
   * RUN_FINISHED, MAILBOX_FULL, VALUE_REJECTED
   */
  send(ref: string, event: string, data?: unknown): Promise<ActionResult>;

  /** Runs it again, its failed steps forgotten. @throws RUN_UNKNOWN, RUN_ACTIVE */
  retry(ref: string, reason?: string): Promise<ActionResult>;

  /**
   * Runs it again from a step, by key or, for a pipeline, by number from 1; that step and all first asked for after it
   * are forgotten. Without `from` all are. @throws RUN_UNKNOWN, RUN_ACTIVE, STEP_UNKNOWN (contract VT-13)
   */
  restart(ref: string, options?: { from?: string | number; reason?: string }): Promise<ActionResult>;

  /**
   * Nothing of that job, queue or schedule is claimed or fired, on all nodes, until resumed; a paused node finishes what
   * it has and takes nothing more.
   */
  pause(target: PauseTarget, options?: { reason?: string; until?: Date }): Promise<void>;

  resume(target: PauseTarget): Promise<void>;

  /** Everything that is paused now. */
  pauses(): Promise<readonly Pause[]>;

  /** The processes that work on the store, as they last said of themselves. */
  workers(): Promise<readonly WorkerSummary[]>;

  /**
   * What is there and what ended lately, at one look: `since` is from `1h` to `30d`, `24h` unless told. It costs the
   * store the same whatever is in it; where that cut something off, it says so. @throws USAGE
   */
  stats(options?: { since?: Duration }): Promise<StatsView>;

  /** The one reason why a run is not running, in words (contract VT-22). @throws RUN_UNKNOWN */
  explain(ref: string): Promise<Explanation>;

  /** What was asked for is stored or answered; then the store is closed. */
  close(): Promise<void>;
}

export interface EnqueueOptions {
  /** Global: the same key gives the same run, whatever its state. */
  key?: string;
  delay?: Duration;
  priority?: number;
  args?: readonly string[];
  headers?: readonly (readonly [name: string, value: string])[];
  /** The exact text of the body, where it is not just the JSON of the input. */
  body?: string;
  timeout?: Duration;
  trigger?: Trigger;
  /** A transaction of the caller's own on the store's database: the run exists iff it commits. */
  tx?: unknown;
}

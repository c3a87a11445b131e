import type { Failure } from '../job/failure.ts';
import type { JsonText, Progress, RunId, StepKind, StoredResponse } from '../job/run.ts';
import type { FinalState } from '../job/state.ts';
import type { NewRun } from './store-submit.ts';
import type { WorkerId } from './store-worker.ts';

/** One thing that running code makes durable. `run` and `epoch` are the fence. */
export type Entry = StepEntry | TryEntry | SuspendEntry | OutcomeEntry | HandBackEntry;

/** A step ended. It is recorded once, and a repeat with the same result is `ok`. It sets the run's crashes to 0. */
export interface StepEntry {
  readonly kind: 'step';
  readonly run: RunId;
  readonly epoch: number;
  readonly key: string;
  readonly type: StepKind;
  readonly state: 'succeeded' | 'failed';
  readonly tries: number;
  readonly firstSeq: number;
  readonly output: JsonText | null;
  readonly error: Failure | null;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The number of the mailbox item that the step took. A restart of the step puts the item back. */
  readonly consumes: number | null;
}

/**
 * A step has begun and not ended: after a failed try, for a sleep or a wait, or with a child run, which is created with
 * it.
 */
export interface TryEntry {
  readonly kind: 'try';
  readonly run: RunId;
  readonly epoch: number;
  readonly key: string;
  readonly type: StepKind;
  readonly tries: number;
  readonly firstSeq: number;
  /**
   * What a step of several parts has so far, such as the cursor of pages. It is kept as the step's output until the
   * step ends.
   */
  readonly output: JsonText | null;
  readonly error: Failure | null;
  readonly startedAt: number;
  /**
   * When the step goes on: at an instant, or so long after the store's now. Both null: only a mailbox item makes it go
   * on.
   */
  readonly resumeAt: number | null;
  readonly resumeInMs: number | null;
  /** The child is created in the same commit, unless a run of its id exists. */
  readonly child: NewRun | null;
  /** The step's child, which ended without success, is retried in the same commit: once for each number of `tries`. */
  readonly retriesChild: boolean;
}

/**
 * The run parks: it is `waiting`, held by nobody, until `wakeInMs` have passed or a mailbox item comes. Its crashes are
 * set to 0. Where an item later than `mailboxSeq` is there, it is `queued`, due now. Where somebody has asked to cancel
 * it, it ends, and the answer is `cancelled` (protocol/claims#letting-go).
 */
export interface SuspendEntry {
  readonly kind: 'suspend';
  readonly run: RunId;
  readonly epoch: number;
  /** The number of the last mailbox item that the attempt was given. */
  readonly mailboxSeq: number;
  readonly wakeInMs: number | null;
  readonly waitingFor: readonly string[];
}

/**
 * The run ends. In the same commit its unfinished children are cancelled unless it succeeded, its parent gets a mailbox
 * item of kind `child`, and the run of its callback is created where it has one (protocol/claims#the-end-of-a-run).
 */
export interface OutcomeEntry {
  readonly kind: 'outcome';
  readonly run: RunId;
  readonly epoch: number;
  readonly state: FinalState;
  readonly output: JsonText | null;
  readonly response: StoredResponse | null;
  readonly error: Failure | null;
  readonly progress: Progress | null;
  /** The end has no callback: the run was taken back before it began. */
  readonly isSilent: boolean;
}

/**
 * The run goes back to the queue, in its old place: because the worker stops (`attempt` unchanged), or for its next
 * attempt after a delay. Where somebody has asked to cancel it, it ends instead, and the answer is `cancelled`
 * (protocol/claims#letting-go).
 */
export interface HandBackEntry {
  readonly kind: 'handBack';
  readonly run: RunId;
  readonly epoch: number;
  /**
   * The number of the attempt that comes next. A higher one sets crashes to 0. Null: it stays, for a claim whose answer
   * was lost.
   */
  readonly attempt: number | null;
  readonly delayMs: number;
  /** Why the attempt ended. It is shown until the next outcome. */
  readonly error: Failure | null;
}

/** Output of several runs. Of `progress` only the last value for each run is kept. */
export interface OutputBatch {
  readonly worker: WorkerId;
  readonly chunks: readonly (Chunk & Fence)[];
  readonly progress: readonly (Fence & { readonly progress: Progress })[];
}

interface Fence {
  readonly run: RunId;
  readonly epoch: number;
}

/**
 * Whole lines of output, as bytes. `seq` counts from 1 within the run, over all attempts
 * (protocol/journal#chunks-of-output).
 */
export interface Chunk {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/**
 * The answer for each chunk. `ok` is also the answer for a `seq` that is there already. `gap`: an earlier one is
 * missing.
 */
export type OutputVerdict = 'ok' | 'stale' | 'gap';

import type { Failure } from '../job/failure.ts';
import type { JsonText, Progress, RunId, StepKind, StoredResponse } from '../job/run.ts';
import type { FinalState } from '../job/state.ts';
import type { NewRun } from './store-submit.ts';
import type { WorkerId } from './store-worker.ts';

/** One thing that running code makes durable. `run` and `epoch` are the fence. */
export type Entry = StepEntry | TryEntry | SuspendEntry | OutcomeEntry | HandBackEntry;

/** A step ended; sets the run's crashes to 0. Recorded once: a repeat with the same result is `ok`. */
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
  /** The mailbox item that it took out of the mailbox; deleted with a restart of the step, so that it is there again. */
  readonly consumes: number | null;
}

/** A step that has begun and not ended: a failed try, a sleep, a wait, or a child run that is created with it. */
export interface TryEntry {
  readonly kind: 'try';
  readonly run: RunId;
  readonly epoch: number;
  readonly key: string;
  readonly type: StepKind;
  readonly tries: number;
  readonly firstSeq: number;
  /** What a step of several parts has so far, such as the cursor of pages; kept as the step's output until it ends. */
  readonly output: JsonText | null;
  readonly error: Failure | null;
  readonly startedAt: number;
  /** When it goes on: at an instant, or so long after the store's now; both null: by a mailbox item only. */
  readonly resumeAt: number | null;
  readonly resumeInMs: number | null;
  /** Created in the same commit unless its id exists. */
  readonly child: NewRun | null;
  /**
   * The child that the step has, and that ended without success, is retried in the same commit, as by an ask: once for
   * each number of `tries`.
   */
  readonly retriesChild: boolean;
}

/**
 * The run parks: `waiting`, held by nobody, until `wakeInMs` or mail. Sets crashes to 0. With mail that is newer than
 * `mailboxSeq` it is `queued`, due now. With a request to cancel it ends, as every end does, and the answer is `cancelled`.
 */
export interface SuspendEntry {
  readonly kind: 'suspend';
  readonly run: RunId;
  readonly epoch: number;
  /** Number of the last message that the attempt was given. */
  readonly mailboxSeq: number;
  readonly wakeInMs: number | null;
  readonly waitingFor: readonly string[];
}

/**
 * The run ends, as every end does (`job/callbacks.ts`): its children that are not finished are cancelled unless it
 * succeeded, its parent gets a mailbox item of kind `child`, and where it is called back the callback's run is created.
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
  /** No callback comes of it: the run was taken back before it began. */
  readonly isSilent: boolean;
}

/**
 * The run goes back to the queue in its old place: a stop (`attempt` unchanged) or the next attempt after a delay. With a
 * request to cancel it ends instead, as every end does, and the answer is `cancelled`.
 */
export interface HandBackEntry {
  readonly kind: 'handBack';
  readonly run: RunId;
  readonly epoch: number;
  /** The attempt that comes next; a higher one sets crashes to 0. Null: the same, for a claim whose answer was lost. */
  readonly attempt: number | null;
  readonly delayMs: number;
  /** Why the attempt ended, shown until the next outcome. */
  readonly error: Failure | null;
}

/** Output lane. `progress` keeps only the last word per run. */
export interface OutputBatch {
  readonly worker: WorkerId;
  readonly chunks: readonly (Chunk & Fence)[];
  readonly progress: readonly (Fence & { readonly progress: Progress })[];
}

interface Fence {
  readonly run: RunId;
  readonly epoch: number;
}

/** Whole lines of output, as bytes; `seq` counts from 1 within the run, over all attempts. */
export interface Chunk {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** Per chunk. `ok` also for a `seq` that is there already; `gap`: an earlier one is missing. */
export type OutputVerdict = 'ok' | 'stale' | 'gap';

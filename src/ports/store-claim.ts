import type { CalledBack } from '../job/callbacks.ts';
import type { JsonText, RunId, StoredRequest } from '../job/run.ts';
import type { Trigger } from '../job/state.ts';
import type { WorkerId } from './store-worker.ts';

export interface ClaimRequest {
  readonly worker: WorkerId;
  /**
   * Counts from 1. It is greater than that of each earlier claim, and of each earlier submit that named this worker as
   * holder (protocol/claims#lost-claims).
   */
  readonly number: number;
  /**
   * Only runs of these jobs are claimed, from whatever queue: a job may have had another queue when they were asked
   * for.
   */
  readonly jobs: readonly JobTerms[];
  /**
   * At most so many runs are claimed. Queues with due runs give one each in turn until there are enough
   * (protocol/queues#fair-shares).
   */
  readonly free: number;
  /**
   * Which of those queues is first: its place by name, modulo their number. A worker counts it up, so that each queue
   * gets its turn.
   */
  readonly turn: number;
  /**
   * Only runs of these roots are claimed: a process that executes runs by itself takes these and their children
   * (protocol/claims#own-tree).
   */
  readonly tree?: readonly RunId[];
}

/**
 * What the worker's code says of a job (protocol/claims#terms-of-a-job). The first claim of a run that was asked for
 * without the job's code (`callbacks: 'unknown'`) stores it. The run keeps the limits that it has and gets the others,
 * so any rescuer can enforce them, and its end has its callback.
 */
export interface JobTerms {
  readonly name: string;
  readonly timeoutMs: number | null;
  /** Counts from the run's due instant. */
  readonly deadlineMs: number | null;
  readonly maxCrashes: number;
  readonly callbacks: Exclude<CalledBack, 'unknown'>;
}

/** A claim, or a submit with a holder, whose answer was lost. */
export interface LostClaim {
  readonly worker: WorkerId;
  readonly number: number;
}

export interface Claimed {
  readonly claims: readonly Claim[];
  /** The instant of the answer, by the store's clock. */
  readonly now: number;
  /** When the next run of these jobs is due. Null: no such run is known. */
  readonly nextDueAt: number | null;
}

/**
 * All that a first attempt needs: it begins without a further read. Steps and mailbox items are read in bounded parts.
 */
export interface Claim {
  readonly run: RunId;
  readonly epoch: number;
  readonly job: string;
  readonly key: string | null;
  readonly trigger: Trigger;
  readonly input: JsonText | null;
  readonly args: readonly string[];
  readonly request: StoredRequest | null;
  /** The number of this execution of the handler, from 1. */
  readonly attempt: number;
  /**
   * The number of the first attempt since the run was asked for or retried. The attempts of the job's `retry` count
   * from it.
   */
  readonly firstAttempt: number;
  readonly crashes: number;
  /** It was in execution when its worker crashed, and has recorded nothing since. */
  readonly isSuspect?: true;
  readonly generation: number;
  readonly priority: number;
  readonly traceId: string;
  readonly parent: RunId | null;
  readonly root: RunId;
  readonly scheduledAt: number | null;
  readonly createdAt: number;
  /** The limit of one attempt: that of the submit, else that of the job. */
  readonly timeoutMs: number | null;
  /** The instant of the deadline, by the store's clock. */
  readonly deadlineAt: number | null;
  /** The last `seq` of the output. */
  readonly outputSeq: number;
  /** How many bytes of output all attempts have written. */
  readonly outputBytes: number;
  /** How many steps are recorded or begun. 0: there is nothing to read. */
  readonly steps: number;
  /**
   * The number of the last mailbox item. 0: there is none. The attempt begins when it has been given all up to this
   * one.
   */
  readonly mailboxSeq: number;
}

export interface Hold {
  readonly run: RunId;
  readonly epoch: number;
}

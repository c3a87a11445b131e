import type { CalledBack } from '../job/callbacks.ts';
import type { JsonText, RunId, StoredRequest } from '../job/run.ts';
import type { Trigger } from '../job/state.ts';
import type { WorkerId } from './store-worker.ts';

export interface ClaimRequest {
  readonly worker: WorkerId;
  /** From 1, greater than that of each earlier claim and each earlier submit with this worker as holder. */
  readonly number: number;
  /** Only runs of these, in whatever queues they lie: a job may have had another queue when they were asked for. */
  readonly jobs: readonly JobTerms[];
  /** At most so many runs. Of queues that have due ones each gives one in turn until there are enough. */
  readonly free: number;
  /** Of those queues, by name, this place (modulo their number) is first: with little room each must get its turn. */
  readonly turn: number;
  /** Only runs of these roots: a process that runs work by itself takes its own runs and their children (protocol/claims#own-tree). */
  readonly tree?: readonly RunId[];
}

/**
 * What the worker's code says of a job. With the claim of a run that was asked for without the job's code
 * (`callbacks: 'unknown'`) it is stored: the run keeps the limits that it has and gets the others, so that any rescuer can
 * hold it to them (protocol/liveness#limits-and-stalls), and its end calls back.
 */
export interface JobTerms {
  readonly name: string;
  readonly timeoutMs: number | null;
  /** From the run's due instant. */
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
  /** The store's now. */
  readonly now: number;
  /** When the next run of these jobs is due; null when none is known. */
  readonly nextDueAt: number | null;
}

/** All that a first attempt needs, so that starting one costs no further read; steps and messages are read in bounded parts. */
export interface Claim {
  readonly run: RunId;
  readonly epoch: number;
  readonly job: string;
  readonly key: string | null;
  readonly trigger: Trigger;
  readonly input: JsonText | null;
  readonly args: readonly string[];
  readonly request: StoredRequest | null;
  /** Execution of the handler, from 1. */
  readonly attempt: number;
  /** The first one since the run was asked for, or retried: the attempts of the job's `retry` count from here. */
  readonly firstAttempt: number;
  readonly crashes: number;
  /** As in `Run`. */
  readonly isSuspect?: true;
  readonly generation: number;
  readonly priority: number;
  readonly traceId: string;
  readonly parent: RunId | null;
  readonly root: RunId;
  readonly scheduledAt: number | null;
  readonly createdAt: number;
  /** Limit of one attempt, as it was submitted or else as the job says. */
  readonly timeoutMs: number | null;
  /** When the deadline falls, by the store's clock. */
  readonly deadlineAt: number | null;
  /** Last `seq` of the output. */
  readonly outputSeq: number;
  /** Bytes of the output so far, of all attempts. */
  readonly outputBytes: number;
  /** Steps recorded or begun: 0 spares the read. */
  readonly steps: number;
  /** Number of the last message so far: 0 spares the look for them. The attempt begins when it has been given them all. */
  readonly mailboxSeq: number;
}

export interface Hold {
  readonly run: RunId;
  readonly epoch: number;
}

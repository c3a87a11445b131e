import type { JsonText, RunId, StoredRequest } from '../job/run.ts';
import type { Trigger } from '../job/state.ts';
import type { Letter } from './store-ask.ts';
import type { WorkerId } from './store-worker.ts';

export interface ClaimRequest {
  readonly worker: WorkerId;
  readonly lanes: readonly Lane[];
  /** Only runs of these roots: a process that runs work by itself takes its own runs and their children (STORE §3.7). */
  readonly tree?: readonly RunId[];
}

/** A line of work: at most `free` runs of `queue`, of the jobs that the worker has registered. */
export interface Lane {
  readonly queue: string;
  readonly jobs: readonly string[];
  readonly free: number;
}

export interface Claimed {
  readonly claims: readonly Claim[];
  /** The store's now. */
  readonly now: number;
  /** When the next run of these lanes is due; null when none is known. */
  readonly nextDueAt: number | null;
}

/** All that an attempt needs, so that starting one costs no further read. */
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
  readonly crashes: number;
  readonly generation: number;
  readonly priority: number;
  readonly traceId: string;
  readonly parent: RunId | null;
  readonly root: RunId;
  readonly scheduledAt: number | null;
  readonly createdAt: number;
  /** Limit of one attempt as it was submitted. */
  readonly timeoutMs: number | null;
  /** When the deadline falls, by the store's clock. */
  readonly deadlineAt: number | null;
  /** Last `seq` of the output. */
  readonly outputSeq: number;
  /** Steps recorded or begun: 0 spares the read. */
  readonly steps: number;
  readonly mail: number;
  /** Letters not consumed yet, in order. */
  readonly letters: readonly Letter[];
}

export interface Hold {
  readonly run: RunId;
  readonly epoch: number;
}

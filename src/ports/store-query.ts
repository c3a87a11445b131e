import type { RunId } from '../job/run.ts';
import type { RunState, Trigger } from '../job/state.ts';

/** Every condition given must hold. */
export interface RunQuery {
  readonly job?: string;
  readonly states?: readonly RunState[];
  readonly trigger?: Trigger;
  readonly key?: string;
  readonly parent?: RunId;
  readonly schedule?: string;
  /** Created at or after, and before, these instants. */
  readonly since?: number;
  readonly until?: number;
  /** Ids that end so: what a person copied from a table. */
  readonly tail?: string;
  /** `next` of the page before: the id of its last run. */
  readonly cursor?: string;
  /** From 1 to 10,000. */
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Hand on to get the next page, which may be empty where this one ended early; null at the end. */
  readonly next: string | null;
}

/** What is asked of the steps of one run, part by part. */
export interface StepRequest {
  readonly run: RunId;
  /** `next` of the part before; null: from the first step on. */
  readonly after: string | null;
  /** Of keys, outputs and errors, and 200 for each step: at least one step comes, if there is any. */
  readonly maxBytes: number;
}

/** How long and how many finished runs are kept. What is said of failed ones holds for cancelled ones too, each counted by itself. */
export interface PrunePolicy {
  readonly succeededMs: number;
  readonly failedMs: number;
  readonly succeededRuns: number;
  readonly failedRuns: number;
}

export interface Pruned {
  readonly runs: number;
  /** Of input, output and log, about. */
  readonly bytes: number;
  /** There is more to delete: call again. */
  readonly more: boolean;
}

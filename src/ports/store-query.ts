import type { RunId } from '../job/run.ts';
import type { RunState, Trigger } from '../job/state.ts';

/** Which runs are listed. Every condition that is given must hold. */
export interface RunQuery {
  readonly job?: string;
  readonly states?: readonly RunState[];
  readonly trigger?: Trigger;
  readonly key?: string;
  readonly parent?: RunId;
  readonly schedule?: string;
  /** Runs that were created at or after `since`, and before `until`. */
  readonly since?: number;
  readonly until?: number;
  /** Runs whose ids end so: a person copies the end of an id from a table. */
  readonly tail?: string;
  /** The `next` of the page before: the id of its last run. */
  readonly cursor?: string;
  /** From 1 to 10,000. */
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** The `cursor` of the next page, which may be empty where this one ended early. Null: this is the last page. */
  readonly next: string | null;
}

/** Asks for the steps of one run, part by part. */
export interface StepRequest {
  readonly run: RunId;
  /** The `next` of the part before. Null: begin with the first step. */
  readonly after: string | null;
  /**
   * Limit of the bytes of keys, outputs and errors, and 200 more for each step. One step at least comes, if there is
   * any.
   */
  readonly maxBytes: number;
}

/**
 * How long and how many finished runs are kept. The limits of failed runs hold for cancelled runs, too; each kind is
 * counted by itself.
 */
export interface PrunePolicy {
  readonly succeededMs: number;
  readonly failedMs: number;
  readonly succeededRuns: number;
  readonly failedRuns: number;
}

export interface Pruned {
  readonly runs: number;
  /** About how many bytes of input, output and log. */
  readonly bytes: number;
  /** There is more to delete: call it again. */
  readonly more: boolean;
}

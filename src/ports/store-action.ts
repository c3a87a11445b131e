import type { CalledBack } from '../job/callbacks.ts';
import type { JsonText, RunId } from '../job/run.ts';
import type { RunState } from '../job/state.ts';

/**
 * What somebody wants of a run, or of what can be paused. With the same `id` it is the same action, sent again
 * (protocol/claims#repeated-actions). `actor` and `reason` are kept for people.
 */
export type Action = RunAction | PauseAction;

interface ActionOrigin {
  readonly id: string;
  readonly actor: string;
  readonly reason: string | null;
}

/** About one run; `ref` is an id or a key. */
export type RunAction = ActionOrigin & { readonly ref: string } &
  /**
   * `callbacks`: which ends of the job have one, as far as the sender knows; it counts for a run that was asked for by
   * name and is not claimed yet.
   */
  (
    | { readonly kind: 'cancel'; readonly callbacks: CalledBack }
    | { readonly kind: 'event'; readonly name: string; readonly data: JsonText | null }
    /**
     * For finished runs that did not succeed. Their attempts are counted on, and they have as many again as a new run.
     * Only failed steps are forgotten. A step that waits for a child, or failed with its child, is begun again with
     * `tries` 0, so that it looks at the child first (protocol/replay#retry).
     */
    | { readonly kind: 'retry' }
    /**
     * For finished runs. Forgets the step and all first asked for at or after it; null forgets all. The generation is
     * raised by 1. Steps that stay and wait for a child get `tries` 0 (protocol/replay#restart).
     */
    | { readonly kind: 'restart'; readonly from: string | null }
    /** Makes a queued run due at another time. Its deadline moves along. */
    | { readonly kind: 'reschedule'; readonly delayMs: number }
  );

/**
 * What can be paused. A paused node claims only what it was asked for itself: so it is drained
 * (protocol/queues#pauses).
 */
export interface PauseTarget {
  readonly type: 'job' | 'queue' | 'schedule' | 'node';
  readonly name: string;
}

/**
 * Holds for each later `claim` (job, queue, node) and `fire` (schedule), on all nodes, until `until` or until it is
 * resumed.
 */
export type PauseAction = ActionOrigin & {
  readonly kind: 'pause' | 'resume';
  readonly target: PauseTarget;
  readonly until: number | null;
};

/**
 * `done`: it is carried out. `pending`: the owner of the run will see it. `unknown`: there is no such run. `active`:
 * only a finished run can be restarted. `finished`: the run has ended, and nothing changed. `step-unknown`: there is no
 * such step to restart from. `full`: the mailbox takes this event when the run has taken others.
 */
export interface ActionResult {
  readonly verdict: 'done' | 'pending' | 'unknown' | 'active' | 'finished' | 'step-unknown' | 'full';
  readonly run: RunId | null;
  readonly state: RunState | null;
}

/**
 * One item in the mailbox of a run (protocol/replay#mailbox). `n` counts the items of the run, from 1. Its size is 100
 * bytes and those of its texts.
 */
export interface MailboxItem {
  readonly n: number;
  readonly kind: 'cancel' | 'event' | 'child';
  /** The name of an event; the run id of a child. */
  readonly name: string;
  /** The data of an event. Null for a child: its outcome is read from its record. */
  readonly data: JsonText | null;
  readonly actor: string | null;
  readonly reason: string | null;
  readonly at: number;
}

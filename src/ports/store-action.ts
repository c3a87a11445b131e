import type { CalledBack } from '../job/callbacks.ts';
import type { JsonText, RunId } from '../job/run.ts';
import type { RunState } from '../job/state.ts';

/** A word from outside. `id` makes a repeated ask the same one. `actor` and `reason` are kept for people. */
export type Action = RunAction | PauseAction;

interface ActionOrigin {
  readonly id: string;
  readonly actor: string;
  readonly reason: string | null;
}

/** About one run; `ref` is an id or a key. */
export type RunAction = ActionOrigin & { readonly ref: string } &
  /** `callbacks`: what the asker knows of the job's, for a run that nobody who knows the job has claimed. */
  (
    | { readonly kind: 'cancel'; readonly callbacks: CalledBack }
    | { readonly kind: 'event'; readonly name: string; readonly data: JsonText | null }
    /**
     * Finished runs that did not succeed; their attempts count on, and are as many as those of a new run. Forgets failed steps only. Steps that wait
     * for a child, or failed with theirs, are begun, with `tries` 0: nobody has looked at the child since.
     */
    | { readonly kind: 'retry' }
    /**
     * Forgets the step and all first asked for at or after it; null = all. Finished runs only; generation + 1. Of those
     * that stay, the ones that wait for a child have `tries` 0.
     */
    | { readonly kind: 'restart'; readonly from: string | null }
    /** A queued run becomes due at another time, and its deadline moves along. */
    | { readonly kind: 'reschedule'; readonly delayMs: number }
  );

/** What can be paused. A paused node claims nothing but what it was asked for itself: it is drained. */
export interface PauseTarget {
  readonly type: 'job' | 'queue' | 'schedule' | 'node';
  readonly name: string;
}

/** Binds later `claim` (job, queue, node) and `fire` (schedule), on all nodes, until resumed or `until`. */
export type PauseAction = ActionOrigin & {
  readonly kind: 'pause' | 'resume';
  readonly target: PauseTarget;
  readonly until: number | null;
};

/**
 * `done`: it is so now. `pending`: the owner will see it. `unknown`: no such run. `active`: only finished runs can be
 * restarted. `finished`: the run has ended, nothing changed. `step-unknown`: no such step to restart from. `full`: the
 * event is not taken in before the run has taken others.
 */
export interface ActionResult {
  readonly verdict: 'done' | 'pending' | 'unknown' | 'active' | 'finished' | 'step-unknown' | 'full';
  readonly run: RunId | null;
  readonly state: RunState | null;
}

/**
 * A word that waits in a run's mailbox; `n` counts within the run, from 1. Its size is 100 bytes and those of its texts.
 */
export interface MailboxItem {
  readonly n: number;
  readonly kind: 'cancel' | 'event' | 'child';
  /** Of an event its name, of a child its run id. */
  readonly name: string;
  /** Of an event its data; of a child null: its outcome is read from its record. */
  readonly data: JsonText | null;
  readonly actor: string | null;
  readonly reason: string | null;
  readonly at: number;
}

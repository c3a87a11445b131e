import type { JobName } from './jobs.ts';
import type { Program } from './program.ts';

/**
 * One simulated history as data: the same plan gives the same bytes of trace. What no move says goes its ordinary way:
 * calls are carried out in the order in which they were made, and time passes when nothing else is left to do. So a
 * plan with few moves is a short story, and shrinking is leaving moves out.
 */
export interface Plan {
  /** Of ids, jitter and back-off. */
  readonly seed: number;
  readonly setting: Setting;
  /** In the order of `at`. After the last one the faults stop. */
  readonly moves: readonly Move[];
}

export interface Setting {
  readonly workers: number;
  readonly slots: number;
  readonly parkAfterMs: number;
  /** Whether who makes work or sends a message tells the workers; else they find out. */
  readonly hints: boolean;
  /** Turns of the event loop between two things that happen. */
  readonly turns: number;
  /** How fast the clock of each worker goes; the next worker begins anew. */
  readonly speeds: readonly number[];
}

/** Something out of the ordinary, before the step `at` of the scheduler. Runs and workers are counted; too large a number begins anew. */
export type Move = { readonly at: number } & Deed;

export type Deed =
  /** The event loop turns so often before this step. */
  | { readonly do: 'turn'; readonly turns: number }
  /** Not the oldest call is next, but a later one. */
  | { readonly do: 'overtake'; readonly place: number }
  /** The next call of that kind meets a fault. */
  | { readonly do: 'fault'; readonly to: Target; readonly how: Fault; readonly steps: number }
  | { readonly do: 'pass'; readonly ms: number }
  /** A worker stands still for so long. `asleep`: its clock stands, too. */
  | { readonly do: 'freeze'; readonly worker: number; readonly ms: number; readonly asleep: boolean }
  /** `commits`: what it had asked of the store takes effect. */
  | { readonly do: 'kill'; readonly worker: number; readonly commits: boolean }
  /** A worker stops in order. */
  | { readonly do: 'stop'; readonly worker: number }
  | { readonly do: 'open' }
  | {
      readonly do: 'submit';
      readonly job: JobName;
      readonly program: Program;
      readonly key: string | null;
      readonly delayMs: number;
      readonly priority: number;
      /** A submit whose answer was lost is made again. */
      readonly again: boolean;
    }
  | { readonly do: 'event'; readonly run: number; readonly place: number; readonly again: boolean }
  | { readonly do: 'act'; readonly kind: 'cancel' | 'retry'; readonly run: number; readonly again: boolean }
  /** From the step at that place, or, below 0, from the beginning. */
  | { readonly do: 'restart'; readonly run: number; readonly place: number }
  | { readonly do: 'reschedule'; readonly run: number; readonly delayMs: number }
  | { readonly do: 'pause' | 'resume'; readonly job: JobName }
  /** Only so many finished runs of each outcome are kept. */
  | { readonly do: 'prune'; readonly keep: number };

/** A method of the store, or a record with an entry of that kind. */
export type Target =
  | 'claim'
  | 'reclaim'
  | 'heartbeat'
  | 'messages'
  | 'steps'
  | 'get'
  | 'evict'
  | 'registerWorker'
  | 'workers'
  | 'append'
  | 'step'
  | 'try'
  | 'suspend'
  | 'outcome'
  | 'handBack';

/**
 * `refuse`: the store is away. `markLost`: it took effect, and the caller hears that the store is away. `late`: the caller
 * hears so at once, and it takes effect steps later. `double`: it takes effect twice in a row. `hold`: it waits for so
 * many steps. `keep`: it takes effect, and its answer waits.
 */
export type Fault = 'refuse' | 'lose' | 'late' | 'double' | 'hold' | 'keep';

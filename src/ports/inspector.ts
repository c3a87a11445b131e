import type { PauseTarget } from './store-action.ts';
import type { Stats, StatsRequest } from './store-stats.ts';

/** What operators ask of a store beyond the life of runs: the second, small port. Read-only. */
export interface Inspector {
  /** Everything that is paused now, by name. */
  pauses(): Promise<Pause[]>;

  /**
   * Runs that are due and that nobody holds, by job, in at most 1,000 jobs; what is paused is among them. Of each
   * queue and priority only the `atMost` that come first are looked at, so that the costs stay bounded whatever waits.
   */
  backlog(request: { readonly atMost: number }): Promise<Backlog>;

  /** What is there and what ended lately, at one look. */
  stats(request: StatsRequest): Promise<Stats>;
}

export interface Backlog {
  readonly now: number;
  readonly jobs: readonly { readonly job: string; readonly due: number; readonly oldestDueAt: number }[];
}

export interface Pause {
  readonly type: PauseTarget['type'];
  readonly name: string;
  readonly reason: string | null;
  readonly actor: string;
  readonly since: number;
  /** By the store's clock; null: until resumed. */
  readonly until: number | null;
}

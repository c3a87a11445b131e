import type { PauseTarget } from './store-action.ts';
import type { Stats, StatsRequest } from './store-stats.ts';

/** What operators ask of a store. It is the second port, small and read-only; the first one lives the life of runs. */
export interface Inspector {
  /** Everything that is paused now, by name. */
  pauses(): Promise<Pause[]>;

  /**
   * Counts the runs that are due and held by nobody, by job, of at most 1,000 jobs. Paused runs are among them. Of each
   * queue and priority it looks only at the `atMost` runs that come first, so its cost is bounded whatever waits.
   */
  backlog(request: { readonly atMost: number }): Promise<Backlog>;

  /** Which runs there are, and which ended lately. */
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
  /** When the pause ends, by the store's clock. Null: when somebody resumes it. */
  readonly until: number | null;
}

import type { FinalState } from '../job/state.ts';

/** How much is looked at, so that the cost is bounded whatever the store holds. */
export interface StatsRequest {
  /** How far back from the store's now it looks for ends. */
  readonly windowMs: number;
  /** The number of equal parts of the window in the series. */
  readonly parts: number;
  /**
   * So many runs are looked at: of each ready slice those that are due first and those that come next, of each outcome
   * those that ended last. Ten times as many ends are counted, by their index alone.
   */
  readonly atMost: number;
}

/** Each number belongs to a moment of its own, shortly after `now`. */
export interface Stats {
  readonly now: number;
  readonly live: LiveStats;
  readonly ended: EndedStats;
}

export interface LiveStats {
  /** There was more than was looked at: the real numbers are these or higher. */
  readonly isPartial: boolean;
  /** Jobs in the order of their names, at most 1,000. */
  readonly jobs: readonly LiveJob[];
}

/** The unfinished runs of one job. */
export interface LiveJob {
  readonly job: string;
  /** Runs that are due and held by nobody, also those whose wait is over. */
  readonly due: number;
  readonly oldestDueAt: number | null;
  /** Runs that are queued for a later instant. */
  readonly later: number;
  /** Runs that are parked, until an instant or until a mailbox item comes. */
  readonly waiting: number;
  readonly running: number;
}

export interface EndedStats {
  /** The instant at which the window begins. */
  readonly since: number;
  readonly outcomes: Readonly<Record<FinalState, EndedSo>>;
  /** All ends from this instant on are in `jobs`. It is `since`, or later where more runs ended than were looked at. */
  readonly jobsSince: number;
  /** The jobs with most ends, at most 1,000, in the order of their names. */
  readonly jobs: readonly EndedJob[];
}

export interface EndedSo {
  /**
   * All ends from this instant on are counted. It is the begin of the window, or later where more runs ended than are
   * counted.
   */
  readonly since: number;
  readonly runs: number;
  /**
   * A number for each part of the window, the oldest first. Null: the part lies before `since`. The part with `since`
   * in it is counted from there.
   */
  readonly series: readonly (number | null)[];
}

export interface EndedJob {
  readonly job: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** The time from the first beginning to the end of runs that succeeded, waits included. Null: none succeeded. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

import type { FinalState } from '../job/state.ts';

/** What is looked at, so that the costs stay bounded whatever the store holds. */
export interface StatsRequest {
  /** How far back ends are looked for, from the store's now. */
  readonly windowMs: number;
  /** Into so many equal parts the window is cut for the series. */
  readonly parts: number;
  /**
   * So many runs are looked at: of each line of work those that are due first and those that come next, of each
   * outcome those that ended last. Ten times as many ends are counted, by their index alone.
   */
  readonly atMost: number;
}

/** Each number is of a moment of its own, shortly after `now`. */
export interface Stats {
  readonly now: number;
  readonly live: LiveStats;
  readonly ended: EndedStats;
}

export interface LiveStats {
  /** There was more than was looked at: each number is at least so high. */
  readonly isPartial: boolean;
  /** By name, at most 1,000. */
  readonly jobs: readonly LiveJob[];
}

/** Unfinished runs of one job. */
export interface LiveJob {
  readonly job: string;
  /** Due, and held by nobody; runs whose wait is over are among them. */
  readonly due: number;
  readonly oldestDueAt: number | null;
  /** Queued for a later instant. */
  readonly later: number;
  /** Suspended: for a while, or for a word from outside. */
  readonly waiting: number;
  readonly running: number;
}

export interface EndedStats {
  /** Where the window begins. */
  readonly since: number;
  readonly outcomes: Readonly<Record<FinalState, EndedSo>>;
  /** From then on all ends are in `jobs`: `since`, or later where more ended than was looked at. */
  readonly jobsSince: number;
  /** By name, at most 1,000: those with most ends. */
  readonly jobs: readonly EndedJob[];
}

export interface EndedSo {
  /** From then on all are counted: the window's begin, or later where more ended than is counted. */
  readonly since: number;
  readonly runs: number;
  /** By part of the window, the oldest first; null: before `since`. The part that `since` lies in is counted from there. */
  readonly series: readonly (number | null)[];
}

export interface EndedJob {
  readonly job: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** From the first beginning to the end of those that succeeded, waits included; null where none did. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

import type { JsonText, RunId } from '../job/run.ts';
import type { NewRun } from './store-submit.ts';

/** A schedule as code declares it. `spec` is the definition as JSON; the store only compares it. */
export interface SchedulePlan {
  readonly name: string;
  readonly job: string;
  readonly spec: JsonText;
  /** The first instant when it is new, or when its spec changed. */
  readonly nextAt: number | null;
}

export interface Due {
  readonly schedules: readonly DueSchedule[];
  readonly now: number;
  /** When the next schedule that is not paused is due; null when none is. */
  readonly nextAt: number | null;
}

export interface DueSchedule {
  readonly name: string;
  readonly app: string;
  readonly job: string;
  readonly spec: JsonText;
  /** Grows with each fire and each change; `fire` compares it. */
  readonly revision: number;
  readonly nextAt: number;
  /** Paused with this reason: its instants become ranges. */
  readonly paused: string | null;
  /** Unfinished runs of this schedule, oldest first. */
  readonly live: readonly RunId[];
}

/**
 * Creates occurrences and advances the schedule (protocol/schedules#fire). `(schedule, scheduledAt)` of a run is unique for good: an
 * instant that has its run gets no second one, and none up to the last instant whose run was pruned gets any.
 */
export interface Fire {
  readonly schedule: string;
  readonly revision: number;
  readonly runs: readonly NewRun[];
  readonly ranges: readonly Range[];
  /** Runs that the overlap policy cancels. */
  readonly cancels: readonly RunId[];
  readonly nextAt: number | null;
}

/** Occurrences in a row that did not run for one reason; one that adjoins the last of its reason extends it. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly reason: 'missed' | 'overlap' | 'paused' | 'excluded';
}

export type FireVerdict = 'ok' | 'moved';

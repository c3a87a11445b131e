import type { JsonText, RunId } from '../job/run.ts';
import type { NewRun } from './store-submit.ts';

/**
 * A schedule that code declares (protocol/schedules#declarations). `spec` is its definition as JSON; the store only
 * compares it.
 */
export interface SchedulePlan {
  readonly name: string;
  readonly job: string;
  readonly spec: JsonText;
  /** The first instant of a schedule that is new, or whose spec has changed. */
  readonly nextAt: number | null;
}

export interface Due {
  readonly schedules: readonly DueSchedule[];
  readonly now: number;
  /** When the next schedule that is not paused is due. Null: there is none. */
  readonly nextAt: number | null;
}

export interface DueSchedule {
  readonly name: string;
  readonly app: string;
  readonly job: string;
  readonly spec: JsonText;
  /** Each fire and each change raises it; `fire` compares it. */
  readonly revision: number;
  readonly nextAt: number;
  /** The reason of its pause, during which its instants become ranges. Null: it is not paused. */
  readonly paused: string | null;
  /** The unfinished runs of this schedule, the oldest first. */
  readonly live: readonly RunId[];
}

/**
 * Creates occurrences and advances the schedule (protocol/schedules#fire). An instant of a schedule gets one run at
 * most, for good (protocol/schedules#occurrences): also after that run was pruned.
 */
export interface Fire {
  readonly schedule: string;
  readonly revision: number;
  readonly runs: readonly NewRun[];
  readonly ranges: readonly Range[];
  /** The runs that the overlap policy cancels. */
  readonly cancels: readonly RunId[];
  readonly nextAt: number | null;
}

/**
 * Occurrences in a row that did not run for one reason (protocol/schedules#ranges). One that adjoins the last range of
 * its reason extends that one.
 */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly reason: 'missed' | 'overlap' | 'paused' | 'excluded';
}

export type FireVerdict = 'ok' | 'moved';

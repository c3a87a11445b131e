import type { InstantText } from '../../job/run-view.ts';
import type { FinalState } from '../../job/state.ts';
import { OnejobError } from '../../job/errors.ts';
import { givenDuration } from '../../job/given-time.ts';
import type { Pause } from '../../ports/inspector.ts';
import type { EndedJob, LiveJob, Stats, StatsRequest } from '../../ports/store-stats.ts';
import { formatDuration, parseDuration, type Duration } from '../../std/duration.ts';
import type { WorkerSummary } from './worker-summary.ts';
import { instant, pauseView, type PauseView } from './json-views.ts';

/** What is there and what ended lately, at one look: JSON, the same in every face. Durations are milliseconds. */
export interface StatsView {
  readonly at: InstantText;
  readonly live: LiveView;
  readonly ended: EndedView;
  /** By name: those with unfinished runs, and those of which some ended. */
  readonly jobs: readonly JobStatsView[];
  readonly nodes: NodesView;
  readonly pauses: readonly (PauseView & Pick<Pause, 'type' | 'name'>)[];
}

export interface LiveView extends Omit<LiveJob, 'job' | 'oldestDueAt'> {
  readonly oldestDueAgeMs: number | null;
  /** There is more than was looked at: each number, also those of the jobs, is at least so high. */
  readonly isPartial: boolean;
}

export interface EndedView extends Readonly<Record<FinalState, EndedSoView>> {
  readonly since: InstantText;
  /** Length of one part of a series. */
  readonly partMs: number;
  /** Of all that succeeded or failed; of those that are counted by job. Null where there were none. */
  readonly failureShare: number | null;
  /** More ended than is counted: some numbers begin later than `since`, and say where. */
  readonly isPartial: boolean;
  /** The numbers of the jobs are of all that ended from then on. */
  readonly jobsSince: InstantText;
}

interface EndedSoView {
  readonly since: InstantText;
  readonly runs: number;
  /** By part of the window, the oldest first; null: before `since`. */
  readonly series: readonly (number | null)[];
}

export interface JobStatsView extends Omit<LiveJob, 'oldestDueAt'>, EndedJob {
  readonly paused: boolean;
  readonly oldestDueAgeMs: number | null;
  readonly failureShare: number | null;
}

/** `slots` of the workers that take runs, and how many of them are taken. */
export interface NodesView {
  readonly alive: number;
  readonly stalled: number;
  readonly drained: number;
  readonly slots: number;
  readonly usedSlots: number;
}

/** The question to a store, for the time that a person asks about. @throws USAGE */
export function statsRequest(since: Duration = '24h'): StatsRequest {
  const windowMs = givenDuration(since, 'since', 'USAGE');
  if (windowMs >= parseDuration('1h') && windowMs <= parseDuration('30d'))
    return { windowMs, parts: 24, atMost: 10_000 };
  throw new OnejobError('USAGE', `since: ${formatDuration(windowMs)} is not from 1h to 30d`);
}

export function statsView(
  { now, live, ended }: Stats,
  { workers, pauses }: { readonly workers: readonly WorkerSummary[]; readonly pauses: readonly Pause[] },
): StatsView {
  const { since, outcomes, jobsSince } = ended;
  const ageOf = (dueAt: number | null) => (dueAt === null ? null : Math.max(0, now - dueAt));
  const so = (state: FinalState): EndedSoView => ({ ...outcomes[state], since: instant(outcomes[state].since) });
  const latest = Math.max(jobsSince, ...Object.values(outcomes).map((each) => each.since));
  return {
    at: instant(now),
    live: {
      ...total(live.jobs, ['due', 'later', 'waiting', 'running']),
      oldestDueAgeMs: ageOf(live.jobs.reduce<number | null>((oldest, job) => earlier(oldest, job.oldestDueAt), null)),
      isPartial: live.isPartial,
    },
    ended: {
      since: instant(since),
      partMs: (now - since) / outcomes.succeeded.series.length,
      succeeded: so('succeeded'),
      failed: so('failed'),
      cancelled: so('cancelled'),
      failureShare: failureShare(total(ended.jobs, ['succeeded', 'failed'])),
      isPartial: latest > since,
      jobsSince: instant(jobsSince),
    },
    jobs: jobViews(live.jobs, ended.jobs, pauses, ageOf),
    nodes: nodesView(workers, pauses),
    pauses: pauses.map((pause) => ({ type: pause.type, name: pause.name, ...pauseView(pause) })),
  };
}

function jobViews(
  live: readonly LiveJob[],
  ended: readonly EndedJob[],
  pauses: readonly Pause[],
  ageOf: (dueAt: number | null) => number | null,
): JobStatsView[] {
  const lives = new Map(live.map((each) => [each.job, each]));
  const ends = new Map(ended.map((each) => [each.job, each]));
  const paused = new Set(pauses.filter(({ type }) => type === 'job').map(({ name }) => name));
  const names = [...new Set([...lives.keys(), ...ends.keys()])].toSorted();
  return names.map((job) => {
    const { due, oldestDueAt, later, waiting, running } = lives.get(job) ?? noneLive;
    const { succeeded, failed, cancelled, p50Ms, p95Ms } = ends.get(job) ?? noneEnded;
    return {
      job,
      paused: paused.has(job),
      due,
      oldestDueAgeMs: ageOf(oldestDueAt),
      later,
      waiting,
      running,
      succeeded,
      failed,
      cancelled,
      failureShare: failureShare({ succeeded, failed }),
      p50Ms,
      p95Ms,
    };
  });
}

function nodesView(workers: readonly WorkerSummary[], pauses: readonly Pause[]): NodesView {
  const drains = new Set(pauses.filter(({ type }) => type === 'node').map(({ name }) => name));
  const stalled = workers.filter((worker) => worker.stalled);
  const drained = workers.filter((worker) => !worker.stalled && drains.has(worker.node));
  const serving = workers.filter(({ slots }) => slots > 0);
  return {
    alive: workers.length - stalled.length - drained.length,
    stalled: stalled.length,
    drained: drained.length,
    slots: serving.reduce((sum, { slots }) => sum + slots, 0),
    usedSlots: serving.reduce((sum, { load }) => sum + load, 0),
  };
}

function total<K extends string>(
  items: readonly Readonly<Record<K, number>>[],
  names: readonly K[],
): Record<K, number> {
  const sums = names.map((name) => [name, items.reduce((sum, item) => sum + item[name], 0)]);
  return Object.fromEntries(sums) as Record<K, number>;
}

function failureShare({ succeeded, failed }: { readonly succeeded: number; readonly failed: number }): number | null {
  return succeeded + failed === 0 ? null : failed / (succeeded + failed);
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b < a) ? b : a;
}

const noneLive = { due: 0, oldestDueAt: null, later: 0, waiting: 0, running: 0 };
const noneEnded = { succeeded: 0, failed: 0, cancelled: 0, p50Ms: null, p95Ms: null };

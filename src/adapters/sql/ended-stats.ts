import type { FinalState } from '../../job/state.ts';
import type { EndedJob, EndedSo, EndedStats, StatsRequest } from '../../ports/store-stats.ts';

export const finalStates = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly FinalState[];

/** The window of a request on the store's clock, and what of it may be read. */
export interface EndedWindow {
  readonly since: number;
  readonly parts: number;
  readonly partMs: number;
  /** Ends of each outcome that are counted, and those that are looked at; newest first. */
  readonly counted: number;
  readonly looked: number;
}

/** So many ends of one outcome fell into one part of the window, the first of them at `oldest`. */
export interface CountedEnds {
  readonly state: FinalState;
  readonly part: number;
  readonly n: number;
  readonly oldest: number;
}

/** A run that ended. */
export interface EndedRow {
  readonly state: FinalState;
  readonly finishedAt: number;
  readonly startedAt: number | null;
  /** Null: pruned in between. */
  readonly job: string | null;
}

export function windowOf({ windowMs, parts, atMost }: StatsRequest, now: number): EndedWindow {
  const partMs = Math.max(1, Math.floor(windowMs / parts));
  return { since: now - partMs * parts, parts, partMs, counted: 10 * atMost, looked: atMost };
}

/** `counts` and `rows` are the newest ends of each outcome, at most as many as the window says. */
export function endedStats(window: EndedWindow, counts: readonly CountedEnds[], rows: readonly EndedRow[]): EndedStats {
  const outcomes = Object.fromEntries(finalStates.map((state) => [state, endedSo(window, state, counts)])) as Record<
    FinalState,
    EndedSo
  >;
  const jobsSince = Math.max(...finalStates.map((state) => lookedSince(window, state, rows)));
  const jobs = jobsOf(rows.filter(({ finishedAt }) => finishedAt >= jobsSince));
  return { since: window.since, outcomes, jobsSince, jobs };
}

function endedSo(window: EndedWindow, state: FinalState, all: readonly CountedEnds[]): EndedSo {
  const counts = all.filter((count) => count.state === state);
  const runs = counts.reduce((sum, { n }) => sum + n, 0);
  const since = runs < window.counted ? window.since : Math.min(...counts.map(({ oldest }) => oldest));
  const first = partOf(window, since);
  const series: (number | null)[] = Array.from({ length: window.parts }, (_, part) => (part < first ? null : 0));
  for (const { part, n } of counts) {
    // What ended after now, while the question was on its way, belongs to the last part.
    const place = Math.min(Math.max(part, 0), window.parts - 1);
    series[place] = (series[place] ?? 0) + n;
  }
  return { since, runs, series };
}

function partOf({ since, partMs }: EndedWindow, instant: number): number {
  return Math.floor((instant - since) / partMs);
}

/** Where the limit was met, of the oldest instant not all may be there: it is left out. */
function lookedSince({ since, looked }: EndedWindow, state: FinalState, all: readonly EndedRow[]): number {
  const rows = all.filter((row) => row.state === state);
  return rows.length < looked ? since : rows.reduce((oldest, row) => Math.min(oldest, row.finishedAt), Infinity) + 1;
}

function jobsOf(rows: readonly EndedRow[]): EndedJob[] {
  const byJob = new Map<string, EndedRow[]>();
  for (const row of rows) {
    if (row.job === null) continue;
    const known = byJob.get(row.job);
    if (known) known.push(row);
    else byJob.set(row.job, [row]);
  }
  return [...byJob]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, mostJobs)
    .map(([job, ends]) => ({ job, ...tally(ends), ...quantiles(ends) }))
    .toSorted((a, b) => (a.job < b.job ? -1 : 1));
}

function tally(ends: readonly EndedRow[]): Record<FinalState, number> {
  const counts = { succeeded: 0, failed: 0, cancelled: 0 };
  for (const { state } of ends) counts[state]++;
  return counts;
}

/** The value at which so many are at most that long: one that was there. */
function quantiles(ends: readonly EndedRow[]): { p50Ms: number | null; p95Ms: number | null } {
  const took = Float64Array.from(
    ends.flatMap(({ state, startedAt, finishedAt }) =>
      state === 'succeeded' && startedAt !== null ? [Math.max(0, finishedAt - startedAt)] : [],
    ),
  ).toSorted();
  const at = (share: number) => took[Math.ceil(share * took.length) - 1] ?? null;
  return { p50Ms: at(0.5), p95Ms: at(0.95) };
}

const mostJobs = 1_000;

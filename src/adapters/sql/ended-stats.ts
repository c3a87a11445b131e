import { finalStates, type FinalState } from '../../job/state.ts';
import type { EndedJob, EndedSo, EndedStats, StatsRequest } from '../../ports/store-stats.ts';

/** The window of a request, by the store's clock, and how much of it may be read. */
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

/** The newest end of an outcome beyond those that are looked at; there where there are more. */
export interface Edge {
  readonly edge: number;
}

/** Ends of one outcome and job. */
export interface EndedGroup {
  readonly state: FinalState;
  readonly job: string;
  readonly n: number;
  /** How long each of those that succeeded took; null for one that never began. */
  readonly took: readonly (number | null)[] | null;
}

export function windowOf({ windowMs, parts, atMost }: StatsRequest, now: number): EndedWindow {
  const partMs = Math.max(1, Math.floor(windowMs / parts));
  return { since: now - partMs * parts, parts, partMs, counted: 10 * atMost, looked: atMost };
}

/** The instant from which on the ends of all outcomes can be looked at one by one, and are no more than the window says. */
export function lookedSince({ since }: EndedWindow, edges: readonly Edge[]): number {
  return Math.max(since, ...edges.map(({ edge }) => edge + 1));
}

/** The three looks at what has ended, each a question to a server. */
export interface EndedReads {
  counts(window: EndedWindow): Promise<CountedEnds[]>;
  edges(window: EndedWindow): Promise<Edge[]>;
  groups(since: number, window: EndedWindow): Promise<EndedGroup[]>;
}

export async function readEnded(window: EndedWindow, reads: EndedReads): Promise<EndedStats> {
  const [counts, edges] = await Promise.all([reads.counts(window), reads.edges(window)]);
  const jobsSince = lookedSince(window, edges);
  return endedStats(window, counts, { jobsSince, groups: await reads.groups(jobsSince, window) });
}

/** `counts` are of the newest ends of each outcome, at most as many as the window says; `groups` of all since `jobsSince`. */
export function endedStats(
  window: EndedWindow,
  counts: readonly CountedEnds[],
  { jobsSince, groups }: { readonly jobsSince: number; readonly groups: readonly EndedGroup[] },
): EndedStats {
  const outcomes = Object.fromEntries(finalStates.map((state) => [state, endedSo(window, state, counts)])) as Record<
    FinalState,
    EndedSo
  >;
  return { since: window.since, outcomes, jobsSince, jobs: jobsOf(groups) };
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

function jobsOf(groups: readonly EndedGroup[]): EndedJob[] {
  const jobs = new Map<string, EndedJob>();
  for (const { job, state, n, took } of groups) {
    const known = jobs.get(job) ?? { job, succeeded: 0, failed: 0, cancelled: 0, p50Ms: null, p95Ms: null };
    jobs.set(job, { ...known, [state]: n, ...(state === 'succeeded' && quantiles(took ?? [])) });
  }
  return [...jobs.values()]
    .toSorted((a, b) => endsOf(b) - endsOf(a))
    .slice(0, maxJobs)
    .toSorted((a, b) => (a.job < b.job ? -1 : 1));
}

function endsOf({ succeeded, failed, cancelled }: EndedJob): number {
  return succeeded + failed + cancelled;
}

/** The smallest of the values that so many of them do not exceed. */
function quantiles(all: readonly (number | null)[]): { p50Ms: number | null; p95Ms: number | null } {
  const took = Float64Array.from(all.filter((ms) => ms !== null)).toSorted();
  const at = (share: number) => took[Math.ceil(share * took.length) - 1] ?? null;
  return { p50Ms: at(0.5), p95Ms: at(0.95) };
}

const maxJobs = 1_000;

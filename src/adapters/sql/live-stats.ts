import type { LiveJob, LiveStats } from '../../ports/store-stats.ts';

type LiveKind = 'due' | 'later' | 'waiting' | 'running';

/** So many unfinished runs of one job were found in one place; `oldest` is the instant of the first where they are due. */
export interface FoundLive {
  readonly job: string;
  readonly kind: LiveKind;
  readonly n: number;
  readonly oldest: number | null;
}

/** Puts together what was found, place by place. */
export function liveStats(found: readonly FoundLive[], isCut: boolean): LiveStats {
  const jobs = new Map<string, LiveJob>();
  for (const { job, kind, n, oldest } of found) {
    const known = jobs.get(job) ?? { ...nothing, job };
    const oldestDueAt = kind === 'due' ? earlier(known.oldestDueAt, oldest) : known.oldestDueAt;
    jobs.set(job, { ...known, [kind]: known[kind] + n, oldestDueAt });
  }
  const byName = [...jobs.values()].toSorted((a, b) => (a.job < b.job ? -1 : 1));
  return { isPartial: isCut || byName.length > maxJobs, jobs: byName.slice(0, maxJobs) };
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b < a) ? b : a;
}

const nothing = { due: 0, oldestDueAt: null, later: 0, waiting: 0, running: 0 };
const maxJobs = 1_000;

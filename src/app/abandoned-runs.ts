import type { Run } from '../job/run.ts';
import type { Inspector } from '../ports/inspector.ts';
import type { Store } from '../ports/store.ts';

/**
 * Runs that wait for a worker because the command that executed them was killed, and no living worker knows their job;
 * the newest first in each job. It looks at a bounded number of runs, whatever the store holds: at those that are due
 * first in each ready slice, and then at the queued runs of the jobs that nobody knows.
 */
export async function abandonedRuns(store: Store & Partial<Inspector>): Promise<Run[]> {
  const known = new Set((await store.workers()).filter(({ slots }) => slots > 0).flatMap(({ jobs }) => jobs));
  const { jobs } = (await store.backlog?.({ atMost: maxInSlice })) ?? { jobs: [] };
  const unknown = jobs.map(({ job }) => job).filter((job) => !known.has(job));
  const found = new Map<string, Run>();
  // Also the newest of any job: a process that was killed just now, behind a long line of others.
  for (const job of [undefined, ...unknown.slice(0, maxJobs)]) {
    for (const run of await crashed(store, job)) if (!known.has(run.job)) found.set(run.id, run);
  }
  return [...found.values()];
}

async function crashed(store: Store, job: string | undefined): Promise<Run[]> {
  const runs: Run[] = [];
  let cursor: string | undefined;
  for (let pages = job === undefined ? 1 : maxPages; pages > 0; pages--) {
    const page = await store.list({
      states: ['queued'],
      limit: pageOf,
      ...(job !== undefined && { job }),
      ...(cursor !== undefined && { cursor }),
    });
    runs.push(...page.items.filter(({ crashes, isSuspect }) => crashes > 0 || isSuspect));
    if (page.next === null) break;
    cursor = page.next;
  }
  return runs;
}

const maxInSlice = 1_000;
const maxJobs = 20;
const maxPages = 10;
const pageOf = 100;

import type { Run } from '../job/run.ts';
import type { Store } from '../ports/store.ts';

/** Runs that wait for a worker because the process that ran them was killed, and no living one knows their job. */
export async function leftBehind(store: Store): Promise<Run[]> {
  const { items } = await store.list({ states: ['queued'], limit: 100 });
  const crashed = items.filter(({ crashes }) => crashes > 0);
  if (crashed.length === 0) return [];
  const known = new Set((await store.workers()).filter(({ slots }) => slots > 0).flatMap(({ jobs }) => jobs));
  return crashed.filter(({ job }) => !known.has(job));
}

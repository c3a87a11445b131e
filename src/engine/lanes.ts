import type { Registry } from '../job/registry.ts';
import type { Lane } from '../ports/store-claim.ts';

/** One lane per queue that the known jobs use, with an even share of the free slots, at least one each. */
export function lanesOf(registry: Registry, free: number): Lane[] {
  const queues = new Map<string, string[]>();
  for (const { name, queue } of registry.all()) {
    const jobs = queues.get(queue);
    if (jobs) jobs.push(name);
    else queues.set(queue, [name]);
  }
  const share = Math.max(1, Math.ceil(free / Math.max(1, queues.size)));
  return [...queues].map(([queue, jobs]) => ({ queue, jobs, free: share }));
}

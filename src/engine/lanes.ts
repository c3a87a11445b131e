import type { Registry } from '../job/registry.ts';
import type { Lane } from '../ports/store-claim.ts';

/**
 * What a worker asks for: of each queue the jobs that belong to it; of `default` all jobs, for who enqueues by name,
 * without the job's code, cannot know its queue. An equal share of the free slots each.
 */
export function lanesOf(registry: Registry, free: number): Lane[] {
  const all = registry.all();
  if (all.length === 0) return [];
  const queues = new Map<string, string[]>([['default', all.map(({ name }) => name)]]);
  for (const { name, queue } of all) {
    if (queue === 'default') continue;
    const jobs = queues.get(queue);
    if (jobs) jobs.push(name);
    else queues.set(queue, [name]);
  }
  const share = Math.max(1, Math.ceil(free / queues.size));
  return [...queues].map(([queue, jobs]) => ({ queue, jobs, free: share }));
}

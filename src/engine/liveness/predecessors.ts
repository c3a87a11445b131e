import type { Log } from '../../ports/log.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Store } from '../../ports/store.ts';
import type { RunId } from '../../job/run.ts';
import { tellEnds } from './ends-of-eviction.ts';
import { isGone, ownIdentity } from '../host/identity.ts';

/**
 * Evicts the workers of this machine whose processes are certainly gone, at the start of a process: recovery within a
 * second on one machine, without any lease (protocol/liveness#predecessors). Answers the runs that were freed.
 */
export async function evictPredecessors(store: Store, log: Log, meter?: Meter): Promise<RunId[]> {
  const workers = await store.workers();
  if (workers.length === 0) return [];
  const own = ownIdentity();
  const dead = workers.filter(({ identity }) => isGone(identity, own, store.facts.reach));
  if (dead.length === 0) return [];
  const targets = dead.map(({ id, heartbeat }) => ({ id, seenHeartbeat: heartbeat, counted: true }));
  const freed = await store.evict(targets);
  for (const [i, { node, identity }] of dead.entries()) {
    log.info('a worker of this machine is gone', { node, pid: identity.pid, freedRuns: freed[i]?.length ?? 0 });
  }
  // Of several processes that start at once, each evicts them and one gets their runs.
  const from = freed.filter((runs) => runs.length > 0).length;
  if (from > 0) meter?.tookOver({ workers: from, runs: freed.flat().length });
  await tellEnds({ store, meter, log }, targets, freed);
  return freed.flat();
}

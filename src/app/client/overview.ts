import { OnejobError } from '../../job/errors.ts';
import type { WorkerView } from '../../ports/store-worker.ts';
import type { Duration } from '../../std/duration.ts';
import type { Client } from './client.ts';
import { explain, type Explanation } from './explain.ts';
import { statsRequest, statsView, type StatsView } from '../views/stats-view.ts';
import type { StoreClientOptions } from './store-client-options.ts';

/** What a client of a store says of all that is in it, and why a run waits. */
export interface Overview extends Pick<Client, 'pauses' | 'stats' | 'explain'> {
  workers(): Promise<readonly WorkerView[]>;
}

export function createOverview(
  { backend, clock }: Pick<StoreClientOptions, 'backend' | 'clock'>,
  find: Client['find'],
): Overview {
  const workers: Overview['workers'] = async () => (await backend()).store.workers();
  const pauses: Overview['pauses'] = async () => (await (await backend()).inspector?.pauses()) ?? [];

  return {
    workers,
    pauses,

    async stats({ since }: { since?: Duration } = {}): Promise<StatsView> {
      const request = statsRequest(since);
      const { inspector } = await backend();
      if (inspector === null) throw new OnejobError('CONFIG_INVALID', 'this store cannot say what is in it');
      const [stats, all, paused] = await Promise.all([inspector.stats(request), workers(), inspector.pauses()]);
      return statsView(stats, { workers: all, pauses: paused });
    },

    async explain(ref: string): Promise<Explanation> {
      const { id, state } = await find(ref);
      const reading = find(id, { steps: state === 'running' });
      const [run, all, paused] = await Promise.all([reading, workers(), pauses()]);
      return explain(run, all, paused, clock.now());
    },
  };
}

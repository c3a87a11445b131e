import type { Duration } from '../../std/duration.ts';
import type { Client } from '../client/client.ts';
import type { Explanation } from '../client/explain.ts';
import type { NodeView } from '../views/json-views.ts';
import type { StatsView } from '../views/stats-view.ts';
import type { WorkerSummary } from '../views/worker-summary.ts';
import { inMilliseconds } from './enqueue-on.ts';
import { workerOfView } from './read-views.ts';
import { runPath } from './run-path.ts';
import type { ListOf, ServerLink } from './server-link.ts';

/** What a client of a server says of all that is there, and why a run waits. */
export function createRemoteOverview(link: ServerLink): Pick<Client, 'workers' | 'stats' | 'explain'> {
  async function workers(): Promise<readonly WorkerSummary[]> {
    return (await link.act<ListOf<NodeView>>('GET', '/nodes')).items.map(workerOfView);
  }

  async function stats({ since }: { since?: Duration } = {}): Promise<StatsView> {
    const query = { since: since === undefined ? undefined : inMilliseconds('since', since) };
    const { v: _, ...view } = await link.act<StatsView & { readonly v: 1 }>('GET', '/stats', { query });
    return view;
  }

  async function explain(ref: string): Promise<Explanation> {
    const { reason, text, remedy } = await link.act<Explanation>('GET', `${runPath(ref)}/explain`);
    return { reason, text, remedy };
  }

  return { workers, stats, explain };
}

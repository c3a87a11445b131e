import type { PrunePolicy, Pruned } from '../../ports/store-query.ts';
import type { Connection } from './connection.ts';

export async function prune(
  db: Connection,
  { policy, limit }: { policy: PrunePolicy; limit: number },
): Promise<Pruned> {
  const max = Math.min(limit, maxAtOnce);
  const [rows = []] = await db.write('prune', 'prune_v1', [JSON.stringify(limitsOf(policy)), max]);
  const [{ runs = 0, bytes = 0 } = {}] = rows as { runs?: number; bytes?: number }[];
  return { runs, bytes, more: runs >= max };
}

/** The list of their ids has to stay below the default of `group_concat_max_len`. */
const maxAtOnce = 10_000;

/** What is kept of runs in each state. */
export function limitsOf({ succeededMs, succeededRuns, failedMs, failedRuns }: PrunePolicy) {
  return [
    { state: 'succeeded', ms: succeededMs, runs: succeededRuns },
    { state: 'failed', ms: failedMs, runs: failedRuns },
    { state: 'cancelled', ms: failedMs, runs: failedRuns },
  ];
}

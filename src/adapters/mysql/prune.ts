import type { PrunePolicy, Pruned } from '../../ports/store-query.ts';
import { pruneLimits } from '../sql/prune-limits.ts';
import type { Connection } from './connection.ts';

export async function prune(
  db: Connection,
  { policy, limit }: { policy: PrunePolicy; limit: number },
): Promise<Pruned> {
  const max = Math.min(limit, maxAtOnce);
  const [rows = []] = await db.write('prune', 'prune_v1', [JSON.stringify(pruneLimits(policy)), max]);
  const [{ runs = 0, bytes = 0 } = {}] = rows as { runs?: number; bytes?: number }[];
  return { runs, bytes, more: runs >= max };
}

/** The list of their ids has to stay below the default of `group_concat_max_len`. */
const maxAtOnce = 10_000;

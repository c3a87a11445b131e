import type { PrunePolicy, Pruned } from '../../ports/store-query.ts';
import { pruneLimits } from '../sql/prune-limits.ts';
import type { Connection } from './connection.ts';

export async function prune(
  db: Connection,
  { policy, limit }: { policy: PrunePolicy; limit: number },
): Promise<Pruned> {
  const rows = await db.write<{ pruned: { runs: number; bytes: number } }>(
    'prune',
    `select ${db.schema}.prune_v1($1::json, $2::integer) pruned`,
    [JSON.stringify(pruneLimits(policy)), limit],
  );
  const { runs, bytes } = rows[0]?.pruned ?? { runs: 0, bytes: 0 };
  return { runs, bytes, more: runs >= limit };
}

import type { RunId } from '../../job/run.ts';
import type { PrunePolicy, Pruned } from '../../ports/store-query.ts';
import type { Tx } from './connection.ts';

const workerKeptMs = 86_400_000;

/** Deletes at most `limit` finished runs that are too old or too many, oldest first. */
export function prune(tx: Tx, { policy, limit }: { policy: PrunePolicy; limit: number }): Pruned {
  tx.db.run('delete from workers where buried_at < ?', tx.now - workerKeptMs);
  const classes = [
    { state: 'succeeded', keptMs: policy.succeededMs, keptRuns: policy.succeededRuns },
    { state: 'failed', keptMs: policy.failedMs, keptRuns: policy.failedRuns },
    { state: 'cancelled', keptMs: policy.failedMs, keptRuns: policy.failedRuns },
  ];
  let [runs, bytes] = [0, 0];
  for (const { state, keptMs, keptRuns } of classes) {
    if (runs >= limit) break;
    for (const run of surplus(tx, state, keptMs, keptRuns, limit - runs)) {
      bytes += erase(tx, run);
      runs += 1;
    }
  }
  return { runs, bytes, more: runs >= limit };
}

/**
 * By age: finished before the cut. By count: older by id than the newest `keptRuns` of that state. Runs whose parent
 * is unfinished stay: the parent reads their outcome. The walk over the index ends at the first run that was created
 * after the cut and is not surplus.
 */
function surplus(tx: Tx, state: string, keptMs: number, keptRuns: number, limit: number): RunId[] {
  const edge = tx.db.get<{ id: string }>(
    'select run id from outcomes where state = ? order by run desc limit 1 offset ?',
    state,
    keptRuns,
  );
  const cut = tx.now - keptMs;
  return tx.db
    .all<{ id: string }>(
      `select o.run id from outcomes o where state = ?1 and (finished_at < ?2 or run <= ?3)
         and not exists (select 1 from runs r join live l on l.run = r.parent where r.id = o.run)
       order by run limit ?4`,
      state,
      cut,
      edge?.id ?? '',
      limit,
    )
    .map(({ id }) => id);
}

/** Returns about how many bytes of input, output and log went. */
function erase(tx: Tx, run: RunId): number {
  const log = tx.db.get<{ bytes: number | null }>('select sum(length(bytes)) bytes from output where run = ?', run);
  tx.db.run('delete from output where run = ?', run);
  tx.db.run('delete from steps where run = ?', run);
  tx.db.run('delete from letters where run = ?', run);
  tx.db.run('delete from asks where run = ?', run);
  const ended = tx.db.get<{ bytes: number }>(
    'delete from outcomes where run = ? returning coalesce(length(output), 0) bytes',
    run,
  );
  const gone = tx.db.get<{ key: string | null; bytes: number }>(
    'delete from runs where id = ? returning key, coalesce(length(input), 0) bytes',
    run,
  );
  if (gone !== undefined && gone.key !== null) {
    tx.db.run('delete from keys where key = ? and run = ?', gone.key, run);
  }
  return (log?.bytes ?? 0) + (ended?.bytes ?? 0) + (gone?.bytes ?? 0);
}

import type { RunId } from '../../job/run.ts';
import type { FinalState } from '../../job/state.ts';
import type { PrunePolicy, Pruned } from '../../ports/store-query.ts';
import type { Tx } from './file/connection.ts';
import { idAround } from './submit/created-bound.ts';
import { forgetOccurrences } from './schedule.ts';

const workerKeptMs = 86_400_000;

/** Deletes at most `limit` finished runs that are too old or too many, oldest first. */
export function prune(tx: Tx, { policy, limit }: { policy: PrunePolicy; limit: number }): Pruned {
  tx.db.run('delete from workers where evicted_at < ?', tx.now - workerKeptMs);
  const succeeded = { keptMs: policy.succeededMs, keptRuns: policy.succeededRuns };
  const failed = { keptMs: policy.failedMs, keptRuns: policy.failedRuns };
  const runs: RunId[] = [];
  runs.push(...surplus(tx, 'succeeded', succeeded, limit));
  runs.push(...surplus(tx, 'failed', failed, Math.max(0, limit - runs.length)));
  runs.push(...surplus(tx, 'cancelled', failed, Math.max(0, limit - runs.length)));
  return { runs: runs.length, bytes: erase(tx, runs), more: runs.length >= limit };
}

/** How many runs `prune` would delete in all. */
export function prunable(tx: Tx, policy: PrunePolicy): number {
  const all = -1;
  const { succeededMs, succeededRuns, failedMs, failedRuns } = policy;
  const failed = { keptMs: failedMs, keptRuns: failedRuns };
  return [
    surplus(tx, 'succeeded', { keptMs: succeededMs, keptRuns: succeededRuns }, all),
    surplus(tx, 'failed', failed, all),
    surplus(tx, 'cancelled', failed, all),
  ].reduce((sum, runs) => sum + runs.length, 0);
}

/**
 * By age: finished before the cut, and so created before it, which bounds the walk over the index. By count: older by
 * id than the newest `keptRuns` of that state. Runs whose parent is unfinished stay: the parent reads their outcome. So
 * do runs with an unfinished child: it may be the callback, which reads theirs. A negative limit is none.
 */
function surplus(
  tx: Tx,
  state: FinalState,
  { keptMs, keptRuns }: { keptMs: number; keptRuns: number },
  limit: number,
): RunId[] {
  const cut = tx.now - keptMs;
  const newestKept = tx.db.get<{ run: string }>(
    'select run from outcomes where state = ? order by run desc limit 1 offset ?',
    state,
    keptRuns,
  );
  const rows = tx.db.all<{ run: string }>(
    `select run from outcomes o
     where state = ?1 and run <= max(?2, ?3) and (run <= ?2 or finished_at < ?4)
       and not exists (select 1 from runs r cross join live l on l.run = r.parent where r.id = o.run)
       and not exists (select 1 from live l where l.parent = o.run)
     order by run limit ?5`,
    state,
    newestKept?.run ?? '',
    idAround(tx, cut),
    cut,
    limit,
  );
  return rows.map(({ run }) => run);
}

/** All that hangs on the runs, too. Returns about how many bytes of input, output and log went. */
function erase(tx: Tx, runs: readonly RunId[]): number {
  if (runs.length === 0) return 0;
  forgetOccurrences(tx, runs);
  const ids = JSON.stringify(runs);
  const size = tx.db.get<{ bytes: number }>(
    `select coalesce((select sum(length(bytes)) from output where run in (select value from json_each(?1))), 0)
       + coalesce((select sum(length(output)) from outcomes where run in (select value from json_each(?1))), 0)
       + coalesce((select sum(length(input)) from runs where id in (select value from json_each(?1))), 0) bytes`,
    ids,
  );
  tx.db.run(
    `delete from keys where key in (select key from runs where id in (select value from json_each(?1)))
       and run in (select value from json_each(?1))`,
    ids,
  );
  for (const table of ['output', 'steps', 'mailbox', 'actions', 'outcomes']) {
    tx.db.run(`delete from ${table} where run in (select value from json_each(?))`, ids);
  }
  tx.db.run('delete from runs where id in (select value from json_each(?))', ids);
  return size?.bytes ?? 0;
}

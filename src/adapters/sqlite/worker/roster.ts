import type { WorkerRegistration, HeartbeatReply, WorkerId, WorkerView } from '../../../ports/store-worker.ts';
import { workerOf, type WorkerRow } from '../../sql/worker-row.ts';
import { evictWorker } from './evict.ts';
import type { Tx } from '../file/connection.ts';

/** Adds a worker with heartbeat 0. A repeat changes nothing: it must not evict who replaced this worker in between. */
export function registerWorker(tx: Tx, worker: WorkerRegistration): void {
  const added = tx.db.run(
    `insert into workers (id, node, slots, jobs, version, identity, registered_at)
     values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
    worker.id,
    worker.node,
    worker.slots,
    JSON.stringify(worker.jobs),
    worker.version,
    JSON.stringify(worker.identity),
    tx.now,
  );
  if (added === 0 || worker.replaces === null) return;
  const previousWorkers = tx.db.all<{ id: string }>(
    'select id from workers where node = ? and id <> ? and evicted_at is null',
    worker.replaces,
    worker.id,
  );
  for (const previous of previousWorkers) evictWorker(tx, previous.id, false);
}

export function heartbeat(tx: Tx, report: { worker: WorkerId; load?: number; stalled?: boolean }): HeartbeatReply {
  const beaten = tx.db.run(
    `update workers set heartbeat = heartbeat + 1, load = coalesce(?2, load), stalled = ?3
     where id = ?1 and evicted_at is null`,
    report.worker,
    report.load ?? null,
    Number(report.stalled ?? false),
  );
  return { evicted: beaten === 0 };
}

/** What the store's thread does by itself between the worker's own heartbeats. `alive` false: the worker was evicted. */
export function heartbeatAlone(tx: Tx, { worker, stalled }: { worker: WorkerId; stalled: boolean }): WriterHeartbeat {
  const beaten = tx.db.run(
    'update workers set heartbeat = heartbeat + 1, stalled = ? where id = ? and evicted_at is null',
    Number(stalled),
    worker,
  );
  return { worker, alive: beaten > 0 };
}

export interface WriterHeartbeat {
  readonly worker: WorkerId;
  readonly alive: boolean;
}

/** All workers that live, as far as anybody knows. */
export function workers(tx: Tx): WorkerView[] {
  const rows = tx.db.all<WorkerRow>(
    `select id, node, heartbeat, stalled, load, slots, jobs, version, identity, registered_at
     from workers where evicted_at is null order by id`,
  );
  return rows.map((row) => workerOf(row, limited(tx, row.id)));
}

/** Runs with a limit, counted from their claim: the time-out, or what was left then to the deadline if that is less. */
function limited(tx: Tx, worker: WorkerId): { run: string; epoch: number; limitMs: number }[] {
  return tx.db
    .all<{ run: string; epoch: number; limit_ms: number }>(
      `select run, epoch,
         max(0, min(coalesce(timeout_ms, 9e15), coalesce(deadline_at - claimed_at, 9e15))) limit_ms
       from live where worker = ? and (timeout_ms is not null or deadline_at is not null) order by run`,
      worker,
    )
    .map(({ run, epoch, limit_ms: limitMs }) => ({ run, epoch, limitMs }));
}

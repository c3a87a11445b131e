import type { Enrolment, Identity, Pulse, WorkerId, WorkerView } from '../../ports/store-worker.ts';
import { buryWorker } from './bury.ts';
import type { Tx } from './connection.ts';

/** Adds a worker with beat 0. A repeat changes nothing: it must not bury who replaced this worker in between. */
export function enrol(tx: Tx, worker: Enrolment): void {
  const added = tx.db.run(
    `insert into workers (id, node, slots, jobs, version, identity, enrolled_at)
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
  const elders = tx.db.all<{ id: string }>(
    'select id from workers where node = ? and id <> ? and buried_at is null',
    worker.replaces,
    worker.id,
  );
  for (const elder of elders) buryWorker(tx, elder.id, false);
}

export function beat(tx: Tx, pulse: { worker: WorkerId; load?: number; stalled?: boolean }): Pulse {
  const beaten = tx.db.run(
    `update workers set beat = beat + 1, load = coalesce(?2, load), stalled = ?3
     where id = ?1 and buried_at is null`,
    pulse.worker,
    pulse.load ?? null,
    Number(pulse.stalled ?? false),
  );
  return { buried: beaten === 0 };
}

/** What the store's thread does by itself between the worker's own beats. `alive` false: the worker was buried. */
export function beatAlone(tx: Tx, { worker, stalled }: { worker: WorkerId; stalled: boolean }): OwnBeat {
  const beaten = tx.db.run(
    'update workers set beat = beat + 1, stalled = ? where id = ? and buried_at is null',
    Number(stalled),
    worker,
  );
  return { worker, alive: beaten > 0 };
}

export interface OwnBeat {
  readonly worker: WorkerId;
  readonly alive: boolean;
}

/** All workers that live, as far as anybody knows. */
export function workers(tx: Tx): WorkerView[] {
  const rows = tx.db.all<WorkerRow>(
    `select id, node, beat, stalled, load, slots, jobs, version, identity, enrolled_at
     from workers where buried_at is null order by id`,
  );
  return rows.map((row) => ({
    id: row.id,
    node: row.node,
    beat: row.beat,
    stalled: row.stalled !== 0,
    load: row.load,
    slots: row.slots,
    jobs: JSON.parse(row.jobs) as string[],
    version: row.version,
    identity: JSON.parse(row.identity) as Identity,
    enrolledAt: row.enrolled_at,
    running: limited(tx, row.id),
  }));
}

interface WorkerRow {
  readonly id: string;
  readonly node: string;
  readonly beat: number;
  readonly stalled: number;
  readonly load: number;
  readonly slots: number;
  readonly jobs: string;
  readonly version: string;
  readonly identity: string;
  readonly enrolled_at: number;
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

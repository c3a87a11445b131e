import type { RunId } from '../../job/run.ts';
import type {
  WorkerRegistration,
  EvictTarget,
  HeartbeatReply,
  WorkerId,
  WorkerView,
} from '../../ports/store-worker.ts';
import { workerOf, type WorkerRow } from '../sql/worker-row.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';

export async function registerWorker(db: Connection, worker: WorkerRegistration): Promise<void> {
  const { id, node, replaces, slots, jobs, version, identity } = worker;
  const [them] = [bundle([{ id, node, replaces, slots, jobs, version, identity }])];
  await db.write('registerWorker', `select ${db.schema}.register_worker_v1($1::json->0)`, [them]);
}

export async function heartbeat(
  db: Connection,
  { worker, load, stalled }: { worker: WorkerId; load?: number; stalled?: boolean },
): Promise<HeartbeatReply> {
  const rows = await db.write<{ beaten: boolean }>(
    'heartbeat',
    `select ${db.schema}.heartbeat_v1($1, $2::double precision, $3::boolean) beaten`,
    [worker, load ?? null, stalled ?? null],
  );
  return { evicted: rows[0]?.beaten !== true };
}

/** All workers that live, as far as anybody knows. Limits count from the claim. */
export async function workers(db: Connection): Promise<WorkerView[]> {
  const rows = await db.query<WorkerRow & Pick<WorkerView, 'running'>>(
    `select id, node, heartbeat, stalled, load, slots, jobs, version, identity, registered_at, coalesce((
       select json_agg(json_build_object('run', run, 'epoch', epoch,
         'limitMs', greatest(0, least(timeout_ms, deadline_at - claimed_at))) order by run)
       from ${db.schema}.live where worker = w.id and (timeout_ms is not null or deadline_at is not null)
     ), '[]') running
     from ${db.schema}.workers w where evicted_at is null order by id`,
    [],
  );
  return rows.map((row) => workerOf(row, row.running));
}

export async function evict(db: Connection, targets: readonly EvictTarget[]): Promise<RunId[][]> {
  const rows = await db.write<{ taken: [number, RunId[]][] }>('evict', `select ${db.schema}.evict_v1($1::json) taken`, [
    bundle(targets.map(encode)),
  ]);
  const answers: RunId[][] = targets.map(() => []);
  for (const [i, runs] of rows[0]?.taken ?? []) answers[i] = runs;
  return answers;
}

function encode(target: EvictTarget, i: number): unknown {
  if ('id' in target) return { i, id: target.id, heartbeat: target.seenHeartbeat, counted: target.counted };
  const { run, epoch, code, message } = target;
  return { i, run, epoch, state: code === 'RUN_CANCELLED' ? 'cancelled' : 'failed', error: { code, message } };
}

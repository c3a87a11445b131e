import type { RunId } from '../../job/run.ts';
import type {
  WorkerRegistration,
  EvictTarget,
  HeartbeatReply,
  WorkerId,
  WorkerView,
} from '../../ports/store-worker.ts';
import { workerOf, type WorkerRow } from '../sql/worker-row.ts';
import { bundle, checkArgument } from './bundle.ts';
import type { Connection } from './connection.ts';

export async function registerWorker(db: Connection, worker: WorkerRegistration): Promise<void> {
  checkArgument(worker);
  const { id, node, replaces, slots, jobs, version, identity } = worker;
  const values = [id, node, replaces, slots, JSON.stringify(jobs), version, JSON.stringify(identity)];
  await db.write('registerWorker', 'register_worker_v1', values);
}

export async function heartbeat(
  db: Connection,
  { worker, load, stalled }: { worker: WorkerId; load?: number; stalled?: boolean },
): Promise<HeartbeatReply> {
  const values = [worker, load ?? null, stalled === undefined ? null : Number(stalled)];
  const [counts = []] = await db.write('heartbeat', 'heartbeat_v1', values);
  const [{ beaten = 0 } = {}] = counts as { beaten?: number }[];
  return { evicted: beaten === 0 };
}

/** All workers that live, as far as anybody knows. */
export async function workers(db: Connection): Promise<WorkerView[]> {
  const [rows = [], limits = []] = await db.call('workers_v1', []);
  return (rows as unknown as (Omit<WorkerRow, 'load'> & { readonly busy: number })[]).map((row) =>
    workerOf(
      { ...row, load: row.busy },
      (limits as unknown as LimitRow[])
        .filter(({ worker }) => worker === row.id)
        .map(({ run, epoch, limit_ms: limitMs }) => ({ run, epoch, limitMs })),
    ),
  );
}

interface LimitRow {
  readonly worker: string;
  readonly run: RunId;
  readonly epoch: number;
  readonly limit_ms: number;
}

export async function evict(db: Connection, targets: readonly EvictTarget[]): Promise<RunId[][]> {
  checkArgument(targets);
  const answers = await db.write('evict', 'evict_v1', [bundle(targets.map(encode))]);
  const taken: RunId[][] = targets.map(() => []);
  for (const { worker, i, run } of answers.flat() as { worker?: WorkerId; i?: number; run?: RunId }[]) {
    const place = i ?? targets.findIndex((target) => 'id' in target && target.id === worker);
    if (run !== undefined) taken[place]?.push(run);
  }
  return taken;
}

function encode(target: EvictTarget, i: number): unknown {
  if ('id' in target)
    return { i, id: target.id, heartbeat: target.seenHeartbeat ?? undefined, counted: Number(target.counted) };
  const { run, epoch, code, message } = target;
  const error = JSON.stringify({ code, message });
  return { i, run, epoch, state: code === 'RUN_CANCELLED' ? 'cancelled' : 'failed', error };
}

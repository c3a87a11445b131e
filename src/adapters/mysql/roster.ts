import type { RunId } from '../../job/run.ts';
import type { Enrolment, Grave, Identity, Pulse, WorkerId, WorkerView } from '../../ports/store-worker.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';

export async function enrol(db: Connection, worker: Enrolment): Promise<void> {
  const { id, node, replaces, slots, jobs, version, identity } = worker;
  const values = [id, node, replaces, slots, JSON.stringify(jobs), version, JSON.stringify(identity)];
  await db.write('enrol', 'enrol_v1', values);
}

export async function beat(
  db: Connection,
  { worker, load, stalled }: { worker: WorkerId; load?: number; stalled?: boolean },
): Promise<Pulse> {
  const values = [worker, load ?? null, stalled === undefined ? null : Number(stalled)];
  const [counts = []] = await db.write('beat', 'beat_v1', values);
  const [{ beaten = 0 } = {}] = counts as { beaten?: number }[];
  return { buried: beaten === 0 };
}

/** All workers that live, as far as anybody knows. */
export async function workers(db: Connection): Promise<WorkerView[]> {
  const [rows = [], limits = []] = await db.call('workers_v1', []);
  return (rows as unknown as WorkerRow[]).map((row) => ({
    id: row.id,
    node: row.node,
    beat: row.beat,
    stalled: row.stalled !== 0,
    load: row.busy,
    slots: row.slots,
    jobs: JSON.parse(row.jobs) as string[],
    version: row.version,
    identity: JSON.parse(row.identity) as Identity,
    enrolledAt: row.enrolled_at,
    running: (limits as unknown as LimitRow[])
      .filter(({ worker }) => worker === row.id)
      .map(({ run, epoch, limit_ms: limitMs }) => ({ run, epoch, limitMs })),
  }));
}

interface WorkerRow {
  readonly id: string;
  readonly node: string;
  readonly beat: number;
  readonly stalled: number;
  readonly busy: number;
  readonly slots: number;
  readonly jobs: string;
  readonly version: string;
  readonly identity: string;
  readonly enrolled_at: number;
}

interface LimitRow {
  readonly worker: string;
  readonly run: RunId;
  readonly epoch: number;
  readonly limit_ms: number;
}

export async function bury(db: Connection, graves: readonly Grave[]): Promise<RunId[][]> {
  const answers = await db.write('bury', 'bury_v1', [bundle(graves.map(inShort))]);
  const taken: RunId[][] = graves.map(() => []);
  for (const { worker, i, run } of answers.flat() as { worker?: WorkerId; i?: number; run?: RunId }[]) {
    const place = i ?? graves.findIndex((grave) => 'id' in grave && grave.id === worker);
    if (run !== undefined) taken[place]?.push(run);
  }
  return taken;
}

function inShort(grave: Grave, i: number): unknown {
  if ('id' in grave) return { i, id: grave.id, beat: grave.seenBeat ?? undefined, counted: Number(grave.counted) };
  const { run, epoch, code, message } = grave;
  const error = JSON.stringify({ code, message });
  return { i, run, epoch, state: code === 'RUN_CANCELLED' ? 'cancelled' : 'failed', error };
}

import type { RunId } from '../../job/run.ts';
import type { Enrolment, Grave, Identity, Pulse, WorkerId, WorkerView } from '../../ports/store-worker.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';

export async function enrol(db: Connection, worker: Enrolment): Promise<void> {
  const { id, node, replaces, slots, jobs, version, identity } = worker;
  const [them] = [bundle([{ id, node, replaces, slots, jobs, version, identity }])];
  await db.write('enrol', `select ${db.schema}.enrol_v1($1::json->0)`, [them]);
}

export async function beat(
  db: Connection,
  { worker, load, stalled }: { worker: WorkerId; load?: number; stalled?: boolean },
): Promise<Pulse> {
  const rows = await db.write<{ beaten: boolean }>(
    'beat',
    `select ${db.schema}.beat_v1($1, $2::double precision, $3::boolean) beaten`,
    [worker, load ?? null, stalled ?? null],
  );
  return { buried: rows[0]?.beaten !== true };
}

/** All workers that live, as far as anybody knows. Limits count from the claim. */
export async function workers(db: Connection): Promise<WorkerView[]> {
  const rows = await db.query<WorkerRow>(
    `select id, node, beat, stalled, load, slots, jobs, version, identity, enrolled_at, coalesce((
       select json_agg(json_build_object('run', run, 'epoch', epoch,
         'limitMs', greatest(0, least(timeout_ms, deadline_at - claimed_at))) order by run)
       from ${db.schema}.live where worker = w.id and (timeout_ms is not null or deadline_at is not null)
     ), '[]') running
     from ${db.schema}.workers w where buried_at is null order by id`,
    [],
  );
  return rows.map(({ enrolled_at: enrolledAt, ...row }) => ({
    ...row,
    jobs: JSON.parse(row.jobs) as string[],
    identity: JSON.parse(row.identity) as Identity,
    enrolledAt,
  }));
}

interface WorkerRow {
  readonly id: string;
  readonly node: string;
  readonly beat: number;
  readonly stalled: boolean;
  readonly load: number;
  readonly slots: number;
  readonly jobs: string;
  readonly version: string;
  readonly identity: string;
  readonly enrolled_at: number;
  readonly running: WorkerView['running'];
}

export async function bury(db: Connection, graves: readonly Grave[]): Promise<RunId[][]> {
  const rows = await db.write<{ taken: [number, RunId[]][] }>('bury', `select ${db.schema}.bury_v1($1::json) taken`, [
    bundle(graves.map(inShort)),
  ]);
  const answers: RunId[][] = graves.map(() => []);
  for (const [i, runs] of rows[0]?.taken ?? []) answers[i] = runs;
  return answers;
}

function inShort(grave: Grave, i: number): unknown {
  if ('id' in grave) return { i, id: grave.id, beat: grave.seenBeat, counted: grave.counted };
  const { run, epoch, code, message } = grave;
  return { i, run, epoch, state: code === 'RUN_CANCELLED' ? 'cancelled' : 'failed', error: { code, message } };
}

import type { Due, DueSchedule, Fire, FireVerdict, SchedulePlan } from '../../ports/store-schedule.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';
import { encode } from './submit.ts';
import { versionOrder } from '../sql/version-order.ts';

interface Declaration {
  readonly app: string;
  readonly version: string;
  readonly schedules: readonly SchedulePlan[];
}

export async function plan(db: Connection, { app, version, schedules }: Declaration): Promise<void> {
  const items = schedules.map(({ name, job, spec, nextAt }) => ({ name, job, spec, next: nextAt ?? undefined }));
  await db.write('plan', `select ${db.schema}.plan_v1($1, $2, $3, $4::json)`, [
    app,
    version,
    versionOrder(version),
    bundle(items),
  ]);
}

/** One statement, so all of it is of one instant. */
export async function due(db: Connection, { limit }: { limit: number }): Promise<Due> {
  const { schema } = db;
  const rows = await db.query<{ now: number; next: number | null; schedules: DueSchedule[] | null }>(
    `with clock as materialized (select ${schema}.now_ms() now),
     paused as materialized (
       select name, coalesce(reason, 'paused by ' || actor) why from ${schema}.pauses, clock
       where type = 'schedule' and (until is null or until > now)
     ), due as (
       select s.* from ${schema}.schedules s, clock where s.next_at <= now order by s.next_at, s.name limit $1
     )
     select now, (
       select min(s.next_at) from ${schema}.schedules s where s.next_at > now and s.name not in (select name from paused)
     ) "next", (
       select json_agg(json_build_object('name', d.name, 'app', d.app, 'job', d.job, 'spec', d.spec,
         'revision', d.revision, 'nextAt', d.next_at, 'paused', (select why from paused p where p.name = d.name),
         'live', array(select l.run from ${schema}.live l where l.schedule = d.name order by l.run)
       ) order by d.next_at, d.name) from due d
     ) schedules
     from clock`,
    [limit],
  );
  const [row] = rows;
  return { schedules: row?.schedules ?? [], now: row?.now ?? 0, nextAt: row?.next ?? null };
}

export async function fire(db: Connection, fires: readonly Fire[]): Promise<FireVerdict[]> {
  const items = fires.map(({ schedule, revision, runs, ranges, cancels, nextAt }, i) => ({
    i,
    schedule,
    revision,
    runs: runs.map(encode),
    ranges,
    cancels,
    next: nextAt ?? undefined,
  }));
  const rows = await db.write<{ moved: number[] }>('fire', `select ${db.schema}.fire_v1($1::json) moved`, [
    bundle(items),
  ]);
  const moved = new Set(rows[0]?.moved);
  return fires.map((_, i) => (moved.has(i) ? 'moved' : 'ok'));
}

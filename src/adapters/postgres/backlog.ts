import type { Backlog } from '../../ports/inspector.ts';
import type { Connection } from './connection.ts';

/** What waits in the ready slices. The first row tells the time. */
export async function backlog(db: Connection, { atMost }: { readonly atMost: number }): Promise<Backlog> {
  const [clock, ...jobs] = await db.query<Row>(backlogQuery(db.schema), [atMost]);
  return { now: clock?.oldestDueAt ?? 0, jobs };
}

/** Of each ready slice the due runs that come first are looked at. $1: how many of them. */
export function backlogQuery(schema: string): string {
  const live = `${schema}.live where worker is null`;
  return `with recursive ${slicesOf(schema)}, clock as (select ${schema}.now_ms() t), found as (
       select l.job, d.due, d.oldest from (select * from slices limit 5000) l cross join clock c cross join lateral (
         select count(*) due, min(due_at) oldest from (
           select due_at from ${live} and suspect = l.suspect and job = l.job and queue = l.queue and priority = l.priority and due_at <= c.t
           order by due_at limit $1
         ) first
       ) d where d.due > 0
     )
     select null job, null::bigint due, t "oldestDueAt" from clock
     union all
     (select job, sum(due)::bigint, min(oldest) from found group by job order by job limit 1000)`;
}

/**
 * `slices`: goes from one job, queue and priority to the next ready slice, one seek each, and no further than
 * its reader asks.
 */
export function slicesOf(schema: string): string {
  const live = `${schema}.live where worker is null`;
  return `slices as (
       (select suspect, job, queue, priority from ${live} order by suspect, job, queue, priority desc limit 1)
       union all
       select n.suspect, n.job, n.queue, n.priority from slices l cross join lateral (
         select * from (
           (select suspect, job, queue, priority from ${live} and suspect = l.suspect and job = l.job
              and queue = l.queue and priority < l.priority
            order by priority desc limit 1)
           union all
           (select suspect, job, queue, priority from ${live} and suspect = l.suspect and job = l.job and queue > l.queue
            order by queue, priority desc limit 1)
           union all
           (select suspect, job, queue, priority from ${live} and suspect = l.suspect and job > l.job
            order by job, queue, priority desc limit 1)
           union all
           (select suspect, job, queue, priority from ${live} and suspect > l.suspect
            order by suspect, job, queue, priority desc limit 1)
         ) next order by suspect, job, queue, priority desc limit 1
       ) n
     )`;
}

type Row = Backlog['jobs'][number];

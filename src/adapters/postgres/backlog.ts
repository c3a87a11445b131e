import type { Backlog } from '../../ports/inspector.ts';
import type { Connection } from './connection.ts';

/**
 * Goes from one job, queue and priority of the line of work to the next, one seek each, and looks at the due runs that
 * come first there. $1: how many of them; the first row tells the time.
 */
export async function backlog(db: Connection, { atMost }: { readonly atMost: number }): Promise<Backlog> {
  const live = `${db.schema}.live where worker is null`;
  const [clock, ...jobs] = await db.query<Row>(
    `with recursive lines as (
       (select job, queue, priority from ${live} order by job, queue, priority desc limit 1)
       union all
       select n.job, n.queue, n.priority from lines l cross join lateral (
         select * from (
           (select job, queue, priority from ${live} and job = l.job and queue = l.queue and priority < l.priority
            order by priority desc limit 1)
           union all
           (select job, queue, priority from ${live} and job = l.job and queue > l.queue
            order by queue, priority desc limit 1)
           union all
           (select job, queue, priority from ${live} and job > l.job order by job, queue, priority desc limit 1)
         ) next order by job, queue, priority desc limit 1
       ) n
     ), clock as (select ${db.schema}.now_ms() t), found as (
       select l.job, d.due, d.oldest from lines l cross join clock c cross join lateral (
         select count(*) due, min(due_at) oldest from (
           select due_at from ${live} and job = l.job and queue = l.queue and priority = l.priority and due_at <= c.t
           order by due_at limit $1
         ) first
       ) d where d.due > 0
     )
     select null job, null::bigint due, t "oldestDueAt" from clock
     union all
     (select job, sum(due)::bigint, min(oldest) from found group by job order by job limit 1000)`,
    [atMost],
  );
  return { now: clock?.oldestDueAt ?? 0, jobs };
}

type Row = Backlog['jobs'][number];

import { finalStates } from '../../job/state.ts';
import type { Stats, StatsRequest } from '../../ports/store-stats.ts';
import { readEnded, windowOf, type CountedEnds, type Edge, type EndedGroup } from '../sql/ended-stats.ts';
import { liveStats, type FoundLive } from '../sql/live-stats.ts';
import { slicesOf } from './backlog.ts';
import type { Connection } from './connection.ts';

/** Ranges of indexes, and of each at most what is asked for; the first look tells the time for all. */
export async function stats(db: Connection, request: StatsRequest): Promise<Stats> {
  const { atMost } = request;
  const [clock, ...found] = await db.query<Found>(liveQuery(db.schema), [atMost]);
  const now = clock?.oldest ?? 0;
  const ended = await readEnded(windowOf(request, now), {
    counts: ({ since, partMs, counted }) =>
      db.query<CountedEnds>(countQuery(db.schema), [finalStates, since, partMs, counted]),
    edges: ({ since, looked }) => db.query<Edge>(edgeQuery(db.schema), [finalStates, since, looked]),
    groups: (since, { looked }) => db.query<EndedGroup>(groupQuery(db.schema), [finalStates, since, looked]),
  });
  const isCut = (clock?.n ?? 0) >= maxSlices || found.some(({ looked }) => looked >= atMost);
  return { now, live: liveStats(found, isCut), ended };
}

/** With how many runs were looked at in that place, of all jobs and kinds. */
interface Found extends FoundLive {
  readonly looked: number;
}

/**
 * Unfinished runs, a row for each ready slice and kind; $1: so many are looked at of each. The first row has the number
 * of lines and tells the time.
 */
export function liveQuery(schema: string): string {
  const live = `${schema}.live where worker is null`;
  const slice = 'suspect = l.suspect and job = l.job and queue = l.queue and priority = l.priority';
  return `with recursive ${slicesOf(schema)}, few as materialized (select * from slices limit ${maxSlices}),
     clock as materialized (select ${schema}.now_ms() t), held as (
       select job from ${schema}.live where worker is not null order by worker limit $1
     )
     select null job, null kind, (select count(*) from few) n, t oldest, 0::bigint looked from clock
     union all
     select l.job, d.kind, d.n, d.oldest, d.looked from few l cross join clock c cross join lateral (
       select 'due' kind, count(*) n, min(due_at) oldest, count(*) looked from (
         select due_at from ${live} and ${slice} and due_at <= c.t order by due_at limit $1
       ) x
       union all
       select case state when 'waiting' then 'waiting' else 'later' end, count(*), null, (sum(count(*)) over ())::bigint from (
         select state from ${live} and ${slice} and due_at > c.t order by due_at limit $1
       ) x group by 1
       union all
       select 'waiting', count(*), null, count(*) from (select from ${live} and ${slice} and due_at is null limit $1) x
     ) d where d.n > 0
     union all
     select job, 'running', count(*), null, (sum(count(*)) over ())::bigint from held group by job`;
}

/** Of each outcome in $1 the last $4 ends since $2, counted by part of $3 ms. */
export function countQuery(schema: string): string {
  return `select s.state, e.part, e.n, e.oldest from unnest($1::text[]) s(state) cross join lateral (
       select (finished_at - $2::bigint) / $3::bigint part, count(*) n, min(finished_at) oldest from (
         select finished_at from ${schema}.outcomes where state = s.state and finished_at >= $2::bigint
         order by finished_at desc limit $4
       ) x group by 1
     ) e`;
}

/** Of each outcome in $1 with more than $3 ends since $2 the newest end beyond these. */
export function edgeQuery(schema: string): string {
  return `select e.edge from unnest($1::text[]) s(state) cross join lateral (
       select finished_at edge from ${schema}.outcomes where state = s.state and finished_at >= $2::bigint
       order by finished_at desc limit 1 offset $3
     ) e`;
}

/** Ends since $2 by outcome in $1 and job, at most $3 of each outcome; the job is looked up run by run, never by a join. */
export function groupQuery(schema: string): string {
  return `select s.state, g.job, g.n, g.took from unnest($1::text[]) s(state) cross join lateral (
       select r.job, count(*) n,
         json_agg(greatest(0, e.finished_at - e.started_at)) filter (where s.state = 'succeeded') took
       from (
         select run, finished_at, started_at from ${schema}.outcomes
         where state = s.state and finished_at >= $2::bigint order by finished_at desc limit $3
       ) e cross join lateral (select job from ${schema}.runs where id = e.run limit 1) r
       group by r.job
     ) g`;
}

const maxSlices = 1_000;

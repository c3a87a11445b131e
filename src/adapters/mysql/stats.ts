import { finalStates } from '../../job/state.ts';
import type { Stats, StatsRequest } from '../../ports/store-stats.ts';
import {
  readEnded,
  windowOf,
  type CountedEnds,
  type Edge,
  type EndedGroup,
  type EndedWindow,
} from '../sql/ended-stats.ts';
import { liveStats, type FoundLive } from '../sql/live-stats.ts';
import type { Connection } from './connection.ts';

/** Ranges of indexes, and of each at most what is asked for; the first look tells the time for all. */
export async function stats(db: Connection, request: StatsRequest): Promise<Stats> {
  const [clock = [], found = []] = await db.call('live_v1', [request.atMost]);
  const [{ now = 0, cut = 0 } = {}] = clock as { now?: number; cut?: number }[];
  const ended = await readEnded(windowOf(request, now), {
    counts: (window) => countEnds(db, window),
    edges: (window) => readEdges(db, window),
    groups: (since, window) => readGroups(db, since, window),
  });
  return { now, live: liveStats(found as unknown as FoundLive[], cut !== 0), ended };
}

function countEnds(db: Connection, { since, partMs, counted }: EndedWindow): Promise<CountedEnds[]> {
  const each = `(select ? state, x.part, count(*) n, min(x.finished_at) oldest from (
      select o.finished_at, (o.finished_at - ?) div ? part from onejob_outcomes o force index (by_end)
      where o.state = ? and o.finished_at >= ? order by o.finished_at desc limit ?
    ) x group by x.part)`;
  return db.query<CountedEnds>(
    finalStates.map(() => each).join(' union all '),
    finalStates.flatMap((state) => [state, since, partMs, state, since, counted]),
  );
}

function readEdges(db: Connection, { since, looked }: EndedWindow): Promise<Edge[]> {
  const each = `(select o.finished_at edge from onejob_outcomes o force index (by_end)
    where o.state = ? and o.finished_at >= ? order by o.finished_at desc limit ?, 1)`;
  return db.query<Edge>(
    finalStates.map(() => each).join(' union all '),
    finalStates.flatMap((state) => [state, since, looked]),
  );
}

/** The job is looked up run by run: the servers are not sure to begin a join with the few. */
async function readGroups(db: Connection, since: number, { looked }: EndedWindow): Promise<EndedGroup[]> {
  const each = `(select ? state, x.job, count(*) n, cast(json_arrayagg(x.ms) as char) took
    from (
      select greatest(0, o.finished_at - o.started_at) ms, (select r.job from onejob_runs r where r.id = o.run) job
      from onejob_outcomes o force index (by_end)
      where o.state = ? and o.finished_at >= ? order by o.finished_at desc limit ?
    ) x where x.job is not null group by x.job)`;
  const rows = await db.query<Omit<EndedGroup, 'took'> & { readonly took: string }>(
    finalStates.map(() => each).join(' union all '),
    finalStates.flatMap((state) => [state, state, since, looked]),
  );
  return rows.map((row) => ({ ...row, took: JSON.parse(row.took) as (number | null)[] }));
}

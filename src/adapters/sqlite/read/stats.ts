import type { Stats, StatsRequest } from '../../../ports/store-stats.ts';
import { finalStates, type FinalState } from '../../../job/state.ts';
import {
  endedStats,
  lookedSince,
  windowOf,
  type CountedEnds,
  type Edge,
  type EndedGroup,
  type EndedWindow,
} from '../../sql/ended-stats.ts';
import { liveStats, type FoundLive } from '../../sql/live-stats.ts';
import { maxSlices } from '../claim/backlog.ts';
import type { Tx } from '../file/connection.ts';
import type { SqlValue } from '../file/driver.ts';
import { firstSlice, type ReadySlice, sliceAfter } from '../claim/ready-slice.ts';

/** Nothing else is written meanwhile: ranges of indexes, and of each at most what is asked for. */
export function stats(tx: Tx, request: StatsRequest): Stats {
  const { found, isCut } = findLive(tx, request.atMost);
  const window = windowOf(request, tx.now);
  const counts = finalStates.flatMap((state) =>
    tx.db.all<CountedEnds>(
      `select ?1 state, cast((finished_at - ?2) / ?3 as integer) part, count(*) n, min(finished_at) oldest from (
         select finished_at from outcomes where state = ?1 and finished_at >= ?2 order by finished_at desc limit ?4
       ) group by part`,
      state,
      window.since,
      window.partMs,
      window.counted,
    ),
  );
  const jobsSince = lookedSince(window, edges(tx, window));
  const groups = finalStates.flatMap((state) => groupsSince(tx, jobsSince, state));
  const ended = endedStats(window, counts, { jobsSince, groups });
  return { now: tx.now, live: liveStats(found, isCut), ended };
}

function edges(tx: Tx, { since, looked }: EndedWindow): Edge[] {
  return finalStates.flatMap((state) =>
    tx.db.all<Edge>(
      `select finished_at edge from outcomes where state = ? and finished_at >= ?
       order by finished_at desc limit 1 offset ?`,
      state,
      since,
      looked,
    ),
  );
}

/** Put together here: to make an object of each row costs three times as much as to read it. */
function groupsSince(tx: Tx, since: number, state: FinalState): EndedGroup[] {
  const ms = state === 'succeeded' ? 'json_group_array(ms)' : 'null';
  const rows = tx.db.all<Omit<EndedGroup, 'took'> & { readonly took: string | null }>(
    `select state, job, count(*) n, ${ms} took from (
       select o.state, max(0, o.finished_at - o.started_at) ms, (select r.job from runs r where r.id = o.run) job
       from outcomes o where o.state = ? and o.finished_at >= ?
     ) where job is not null group by job`,
    state,
    since,
  );
  return rows.map((row) => ({ ...row, took: row.took === null ? null : (JSON.parse(row.took) as number[]) }));
}

/** Line by line until enough was read in all. */
function findLive(tx: Tx, atMost: number): { found: FoundLive[]; isCut: boolean } {
  const found: FoundLive[] = [];
  let [looked, slices, isCut] = [0, 0, false];
  const take = (range: readonly FoundLive[]): void => {
    const size = range.reduce((total, { n }) => total + n, 0);
    found.push(...range);
    looked += size;
    isCut ||= size >= atMost;
  };
  take(count(tx, `worker > '' limit ?`, 'running', [atMost]));
  for (const suspect of [0, 1] as const) {
    for (let slice = firstSlice(tx, suspect); slice !== undefined; slice = sliceAfter(tx, slice)) {
      if (++slices > maxSlices || looked >= 10 * atMost) return { found, isCut: true };
      for (const range of findInSlice(tx, slice, atMost)) take(range);
    }
  }
  return { found, isCut };
}

/** Those that are due, those that have a later instant, and those that have none. */
function findInSlice(tx: Tx, { suspect, job, queue, priority }: ReadySlice, atMost: number): FoundLive[][] {
  const slice = `worker is null and suspect = ${suspect} and job = ? and queue = ? and priority = ?`;
  return [
    count(tx, `${slice} and due_at <= ? order by due_at limit ?`, 'due', [job, queue, priority, tx.now, atMost]),
    tx.db.all<FoundLive>(
      `select job, iif(state = 'waiting', 'waiting', 'later') kind, count(*) n, null oldest from (
         select job, state from live where ${slice} and due_at > ? order by due_at limit ?
       ) group by job, kind`,
      job,
      queue,
      priority,
      tx.now,
      atMost,
    ),
    count(tx, `${slice} and due_at is null limit ?`, 'waiting', [job, queue, priority, atMost]),
  ];
}

/** What the index of the lines says by itself. */
function count(tx: Tx, where: string, kind: FoundLive['kind'], values: readonly SqlValue[]): FoundLive[] {
  return tx.db.all<FoundLive>(
    `select job, '${kind}' kind, count(*) n, min(due_at) oldest from (
       select job, due_at from live indexed by live_slice where ${where}
     ) group by job`,
    ...values,
  );
}

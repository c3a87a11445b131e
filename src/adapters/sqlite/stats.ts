import type { Stats, StatsRequest } from '../../ports/store-stats.ts';
import { endedStats, finalStates, windowOf, type CountedEnds, type EndedRow } from '../sql/ended-stats.ts';
import { liveStats, type FoundLive } from '../sql/live-stats.ts';
import { lineAfter, mostLines, type Line } from './backlog.ts';
import type { Tx } from './connection.ts';
import type { SqlValue } from './driver.ts';

/** Nothing else is written meanwhile: ranges of indexes, and of each at most what is asked for. */
export function stats(tx: Tx, request: StatsRequest): Stats {
  const { found, isCut } = findLive(tx, request.atMost);
  const window = windowOf(request, tx.now);
  const counts = finalStates.flatMap((state) =>
    tx.db.all<CountedEnds>(
      `select ?1 state, (finished_at - ?2) / ?3 part, count(*) n, min(finished_at) oldest from (
         select finished_at from outcomes where state = ?1 and finished_at >= ?2 order by finished_at desc limit ?4
       ) group by part`,
      state,
      window.since,
      window.partMs,
      window.counted,
    ),
  );
  const rows = finalStates.flatMap((state) =>
    tx.db.all<EndedRow>(
      `select o.state, o.finished_at finishedAt, o.started_at startedAt,
         (select r.job from runs r where r.id = o.run) job
       from outcomes o where o.state = ? and o.finished_at >= ? order by o.finished_at desc limit ?`,
      state,
      window.since,
      window.looked,
    ),
  );
  return { now: tx.now, live: liveStats(found, isCut), ended: endedStats(window, counts, rows) };
}

/** Line by line until enough was read in all. */
function findLive(tx: Tx, atMost: number): { found: FoundLive[]; isCut: boolean } {
  const found: FoundLive[] = [];
  let [looked, lines, isCut] = [0, 0, false];
  const take = (range: readonly FoundLive[]): void => {
    const size = range.reduce((total, { n }) => total + n, 0);
    found.push(...range);
    looked += size;
    isCut ||= size >= atMost;
  };
  take(count(tx, `worker > '' limit ?`, 'running', [atMost]));
  for (let line = lineAfter(tx, null); line !== undefined; line = lineAfter(tx, line)) {
    if (++lines > mostLines || looked >= 10 * atMost) return { found, isCut: true };
    for (const range of findInLine(tx, line, atMost)) take(range);
  }
  return { found, isCut };
}

/** Those that are due, those that have a later instant, and those that have none. */
function findInLine(tx: Tx, { queue, priority }: Line, atMost: number): FoundLive[][] {
  const line = 'worker is null and queue = ? and priority = ?';
  return [
    count(tx, `${line} and due_at <= ? order by due_at limit ?`, 'due', [queue, priority, tx.now, atMost]),
    tx.db.all<FoundLive>(
      `select job, iif(state = 'waiting', 'waiting', 'later') kind, count(*) n, null oldest from (
         select job, state from live where ${line} and due_at > ? order by due_at limit ?
       ) group by job, kind`,
      queue,
      priority,
      tx.now,
      atMost,
    ),
    count(tx, `${line} and due_at is null limit ?`, 'waiting', [queue, priority, atMost]),
  ];
}

/** What the index of the lines says by itself. */
function count(tx: Tx, where: string, kind: FoundLive['kind'], values: readonly SqlValue[]): FoundLive[] {
  return tx.db.all<FoundLive>(
    `select job, '${kind}' kind, count(*) n, min(due_at) oldest from (
       select job, due_at from live indexed by live_line where ${where}
     ) group by job`,
    ...values,
  );
}

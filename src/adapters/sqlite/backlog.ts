import type { Backlog } from '../../ports/inspector.ts';
import type { Tx } from './connection.ts';

/** One seek for each queue and priority in the line of work, then the due runs that come first there. */
export function backlog(tx: Tx, { atMost }: { readonly atMost: number }): Backlog {
  const jobs = new Map<string, { job: string; due: number; oldestDueAt: number }>();
  let line = lineAfter(tx, null);
  for (let lines = 0; line !== undefined && lines < mostLines; lines++, line = lineAfter(tx, line)) {
    for (const found of dueIn(tx, line, atMost)) {
      const known = jobs.get(found.job);
      if (known) {
        known.due += found.due;
        known.oldestDueAt = Math.min(known.oldestDueAt, found.oldestDueAt);
      } else if (jobs.size < mostJobs) jobs.set(found.job, { ...found });
    }
  }
  return { now: tx.now, jobs: [...jobs.values()].toSorted((a, b) => (a.job < b.job ? -1 : 1)) };
}

export interface Line {
  readonly queue: string;
  readonly priority: number;
}

/** Of the lower priorities of a queue the next one, else the first one of the next queue. */
export function lineAfter(tx: Tx, line: Line | null): Line | undefined {
  const lower =
    line &&
    tx.db.get<Line>(
      `select queue, priority from live where worker is null and queue = ? and priority < ?
       order by priority desc limit 1`,
      line.queue,
      line.priority,
    );
  return (
    lower ??
    tx.db.get<Line>(
      `select queue, priority from live where worker is null and queue > ? order by queue, priority desc limit 1`,
      line?.queue ?? '',
    )
  );
}

function dueIn(tx: Tx, { queue, priority }: Line, atMost: number): Backlog['jobs'] {
  return tx.db.all<Backlog['jobs'][number]>(
    `select job, count(*) due, min(due_at) "oldestDueAt" from (
       select job, due_at from live where worker is null and queue = ? and priority = ? and due_at <= ?
       order by due_at limit ?
     ) group by job`,
    queue,
    priority,
    tx.now,
    atMost,
  );
}

const mostJobs = 1_000;
export const mostLines = 5_000;

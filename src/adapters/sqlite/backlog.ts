import type { Backlog } from '../../ports/inspector.ts';
import type { Tx } from './connection.ts';
import { firstLine, type Line, lineAfter } from './line-of-work.ts';

/** One seek for each line of work, then the due runs that come first there. */
export function backlog(tx: Tx, { atMost }: { readonly atMost: number }): Backlog {
  const jobs = new Map<string, { job: string; due: number; oldestDueAt: number }>();
  let lines = 0;
  for (const line of linesIn(tx)) {
    if (++lines > mostLines) break;
    const { due, oldestDueAt } = dueIn(tx, line, atMost);
    if (oldestDueAt === null) continue;
    const known = jobs.get(line.job);
    if (known) {
      known.due += due;
      known.oldestDueAt = Math.min(known.oldestDueAt, oldestDueAt);
    } else if (jobs.size < mostJobs) jobs.set(line.job, { job: line.job, due, oldestDueAt });
  }
  return { now: tx.now, jobs: [...jobs.values()].toSorted((a, b) => (a.job < b.job ? -1 : 1)) };
}

function* linesIn(tx: Tx): Generator<Line> {
  for (const suspect of [0, 1] as const) {
    for (let line = firstLine(tx, suspect); line !== undefined; line = lineAfter(tx, line)) yield line;
  }
}

function dueIn(tx: Tx, line: Line, atMost: number): { due: number; oldestDueAt: number | null } {
  const found = tx.db.get<{ due: number; oldestDueAt: number | null }>(
    `select count(*) due, min(due_at) "oldestDueAt" from (
       select due_at from live where worker is null and suspect = ${line.suspect} and job = ? and queue = ? and priority = ? and due_at <= ?
       order by due_at limit ?
     )`,
    line.job,
    line.queue,
    line.priority,
    tx.now,
    atMost,
  );
  return found ?? { due: 0, oldestDueAt: null };
}

const mostJobs = 1_000;
export const mostLines = 5_000;

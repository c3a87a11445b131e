import type { Backlog } from '../../../ports/inspector.ts';
import type { Tx } from '../file/connection.ts';
import { firstSlice, type ReadySlice, sliceAfter } from './ready-slice.ts';

/** Counts due runs: one seek for each ready slice, then the due runs that come first there. */
export function backlog(tx: Tx, { atMost }: { readonly atMost: number }): Backlog {
  const jobs = new Map<string, { job: string; due: number; oldestDueAt: number }>();
  let slices = 0;
  for (const slice of slicesIn(tx)) {
    if (++slices > maxSlices) break;
    const { due, oldestDueAt } = dueIn(tx, slice, atMost);
    if (oldestDueAt === null) continue;
    const known = jobs.get(slice.job);
    if (known) {
      known.due += due;
      known.oldestDueAt = Math.min(known.oldestDueAt, oldestDueAt);
    } else if (jobs.size < maxJobs) jobs.set(slice.job, { job: slice.job, due, oldestDueAt });
  }
  return { now: tx.now, jobs: [...jobs.values()].toSorted((a, b) => (a.job < b.job ? -1 : 1)) };
}

function* slicesIn(tx: Tx): Generator<ReadySlice> {
  for (const suspect of [0, 1] as const) {
    for (let slice = firstSlice(tx, suspect); slice !== undefined; slice = sliceAfter(tx, slice)) yield slice;
  }
}

function dueIn(tx: Tx, slice: ReadySlice, atMost: number): { due: number; oldestDueAt: number | null } {
  const found = tx.db.get<{ due: number; oldestDueAt: number | null }>(
    `select count(*) due, min(due_at) "oldestDueAt" from (
       select due_at from live where worker is null and suspect = ${slice.suspect} and job = ? and queue = ? and priority = ? and due_at <= ?
       order by due_at limit ?
     )`,
    slice.job,
    slice.queue,
    slice.priority,
    tx.now,
    atMost,
  );
  return found ?? { due: 0, oldestDueAt: null };
}

const maxJobs = 1_000;
export const maxSlices = 5_000;

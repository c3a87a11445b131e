import type { RunId } from '../../../job/run.ts';
import type { WorkerId } from '../../../ports/store-worker.ts';
import type { Tx } from '../file/connection.ts';
import { firstSlice, type ReadySlice, sliceAfter, sliceOfNextJob } from './ready-slice.ts';
import type { PausedNames } from './pause.ts';

/** Runs in the order in which they are to be claimed, and when one that is not among them is due. */
export interface Found {
  readonly due: readonly RunId[];
  readonly nextDueAt: number | null;
}

interface Look {
  readonly jobs: ReadonlySet<string>;
  readonly paused: PausedNames['queue'];
  readonly free: number;
  readonly turn: number;
  /** The worker that claims. It may get one suspect run if it holds none. */
  readonly worker: WorkerId;
}

/** Queues with due runs give one each in turn, until there are enough (protocol/queues#fair-shares). */
export function dueInQueues(tx: Tx, { jobs, paused, free, turn, worker }: Look): Found {
  const slices: (readonly RunId[])[] = [];
  let nextDueAt: number | null = null;
  const queues = queuesOf(tx, jobs, paused);
  const doubt = firstSuspect(tx, { jobs, paused, worker });
  if (doubt !== undefined && !queues.has(doubt.queue)) queues.set(doubt.queue, []);
  for (const [queue, classes] of sortedBy([...queues], (a, b) => (a < b ? -1 : 1))) {
    const found = inQueue(tx, classes, { free, doubt: doubt?.queue === queue ? doubt : undefined });
    if (found.due.length > 0) slices.push(found.due);
    nextDueAt = earlier(nextDueAt, found.nextDueAt);
  }
  return { due: inTurn(slices, free, turn), nextDueAt };
}

/** The first of all suspect runs. Usually there is none, and one seek shows that. */
function firstSuspect(tx: Tx, { jobs, paused, worker }: Pick<Look, 'jobs' | 'paused' | 'worker'>): Doubt | undefined {
  let first: Doubt | undefined;
  let slice = firstSlice(tx, 1);
  if (slice === undefined || holdsSuspect(tx, worker)) return undefined;
  while (slice !== undefined) {
    if (jobs.has(slice.job) && !paused.has(slice.queue)) {
      const [row] = dueInSlices(tx, [slice], 1);
      if (row && (!first || inOrder({ ...row, ...slice }, first) < 0)) first = { ...row, ...slice };
    }
    slice = jobs.has(slice.job) ? sliceAfter(tx, slice) : sliceOfNextJob(tx, slice);
  }
  return first;
}

type Doubt = ReadySlice & DueRow;

function holdsSuspect(tx: Tx, worker: WorkerId): boolean {
  return tx.db.get('select 1 from live where worker = ? and suspect = 1 limit 1', worker) !== undefined;
}

/** The ready slices of these jobs, by queue, and in each queue by priority, the highest first. */
function queuesOf(
  tx: Tx,
  jobs: ReadonlySet<string>,
  paused: PausedNames['queue'],
): Map<string, (readonly ReadySlice[])[]> {
  const queues = new Map<string, Map<number, ReadySlice[]>>();
  for (let slice = firstSlice(tx, 0); slice !== undefined;) {
    const isKnown = jobs.has(slice.job);
    if (isKnown && !paused.has(slice.queue)) {
      const classes = getOrAdd(queues, slice.queue, () => new Map<number, ReadySlice[]>());
      getOrAdd(classes, slice.priority, () => []).push(slice);
    }
    slice = isKnown ? sliceAfter(tx, slice) : sliceOfNextJob(tx, slice);
  }
  return new Map([...queues].map(([queue, classes]) => [queue, classesOf(classes)]));
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function classesOf(classes: ReadonlyMap<number, readonly ReadySlice[]>): (readonly ReadySlice[])[] {
  return sortedBy([...classes], (a, b) => b - a).map(([, slices]) => slices);
}

function sortedBy<Key, Value>(entries: readonly [Key, Value][], order: (a: Key, b: Key) => number): [Key, Value][] {
  return entries.toSorted(([a], [b]) => order(a, b));
}

/** Takes the first of each list, then the second of each, and so on. */
function inTurn(slices: readonly (readonly RunId[])[], free: number, turn: number): readonly RunId[] {
  const [only] = slices;
  if (only === undefined || slices.length === 1) return only ?? [];
  const first = turn % slices.length;
  const ordered = [...slices.slice(first), ...slices.slice(0, first)];
  const due: RunId[] = [];
  for (let place = 0; due.length < free && ordered.some((slice) => place < slice.length); place++) {
    for (const slice of ordered) if (due.length < free) due.push(...slice.slice(place, place + 1));
  }
  return due;
}

/**
 * By priority, then due instant, then age, whatever the job. Runs that are due later, and those of jobs that are paused
 * or not known, are never walked over (100,000 of either cost nothing).
 */
function inQueue(
  tx: Tx,
  classes: readonly (readonly ReadySlice[])[],
  { free, doubt }: { readonly free: number; readonly doubt: Doubt | undefined },
): Found {
  const due: (DueRow & Pick<ReadySlice, 'priority'>)[] = [];
  let nextDueAt: number | null = null;
  for (const slices of classes) {
    const priority = slices[0]?.priority ?? 0;
    const found = due.length < free ? dueInSlices(tx, slices, free - due.length) : [];
    for (const { run, due_at } of found) due.push({ run, due_at, priority });
    for (const slice of slices) nextDueAt = earlier(nextDueAt, laterIn(tx, slice));
  }
  const all = doubt === undefined ? due : [...due, doubt].toSorted(inOrder).slice(0, free);
  return { due: all.map(({ run }) => run), nextDueAt };
}

function inOrder(a: DueRow & Pick<ReadySlice, 'priority'>, b: DueRow & Pick<ReadySlice, 'priority'>): number {
  return b.priority - a.priority || byAge(a, b);
}

interface DueRow {
  readonly run: RunId;
  readonly due_at: number;
}

/** The due runs of one queue and priority. SQLite reads the slices side by side, and only as far as it needs. */
function dueInSlices(tx: Tx, slices: readonly ReadySlice[], limit: number): readonly DueRow[] {
  const [first] = slices;
  if (first === undefined) return [];
  if (slices.length > maxAtOnce) {
    const parts = Array.from({ length: Math.ceil(slices.length / maxAtOnce) }, (_, i) =>
      dueInSlices(tx, slices.slice(i * maxAtOnce, (i + 1) * maxAtOnce), limit),
    );
    return parts.flat().toSorted(byAge).slice(0, limit);
  }
  const parts = slices.map(
    (_, i) => `select run, due_at from live
       where worker is null and suspect = ${first.suspect} and job = ?${i + 5} and queue = ?1 and priority = ?2
         and due_at <= ?3`,
  );
  const jobs = slices.map(({ job }) => job);
  const { queue, priority } = first;
  // `+ 0`: at a bare place SQLite's planner looks at the value, and then prepares the statement anew for each call (tried:
  // 8.5 us instead of 1.4, and 85 us where nothing is in the processor's caches).
  const order = 'order by due_at, run limit ?4 + 0';
  return tx.db.all(`${parts.join(' union all ')} ${order}`, queue, priority, tx.now, limit, ...jobs);
}

/** SQLite takes 500 parts of a `union all`. */
const maxAtOnce = 50;

function byAge(a: DueRow, b: DueRow): number {
  return a.due_at - b.due_at || (a.run < b.run ? -1 : 1);
}

function laterIn(tx: Tx, { suspect, job, queue, priority }: ReadySlice): number | null {
  const row = tx.db.get<{ due_at: number }>(
    `select due_at from live
     where worker is null and suspect = ? and job = ? and queue = ? and priority = ? and due_at > ?
     order by due_at limit 1`,
    suspect,
    job,
    queue,
    priority,
    tx.now,
  );
  return row?.due_at ?? null;
}

/** A process that runs work by itself has few roots: their unfinished runs are read and sorted here. */
export function dueInTree(
  tx: Tx,
  {
    jobs,
    paused,
    free,
    tree,
    worker,
  }: Omit<Look, 'jobs' | 'turn'> & { jobs: readonly string[]; tree: readonly RunId[] },
): Found {
  const rows = tx.db.all<{ run: string; queue: string; due_at: number; suspect: number }>(
    `select run, queue, due_at, suspect from live
     where (run in (select value from json_each(?1)) or root in (select value from json_each(?1)))
       and worker is null and job in (select value from json_each(?2)) and due_at is not null
     order by priority desc, due_at, run`,
    JSON.stringify(tree),
    JSON.stringify(jobs),
  );
  const due: RunId[] = [];
  let nextDueAt: number | null = null;
  let isDoubtful = holdsSuspect(tx, worker);
  for (const { run, queue, due_at: dueAt, suspect } of rows) {
    if (paused.has(queue) || (suspect === 1 && isDoubtful)) continue;
    if (suspect === 1 && dueAt <= tx.now && due.length < free) isDoubtful = true;
    if (dueAt > tx.now) nextDueAt = earlier(nextDueAt, dueAt);
    else if (due.length < free) due.push(run);
  }
  return { due, nextDueAt };
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b < a) ? b : a;
}

import type { RunId } from '../../job/run.ts';
import type { Claim, Claimed, ClaimRequest, JobTerms } from '../../ports/store-claim.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { claimOf, type ClaimRow } from '../sql/claim-row.ts';
import type { Tx } from './connection.ts';
import { unread } from './mail.ts';
import { pausedNames } from './pause.ts';
import { nodeOf } from './submit.ts';

/** Hands out due runs, each once: all that happens inside one write transaction. */
export function claim(tx: Tx, { worker, jobs, free, turn, tree }: ClaimRequest): Claimed {
  const node = nodeOf(tx, worker);
  if (node === undefined) return { claims: [], now: tx.now, nextDueAt: null };
  // What a process was asked for itself it does, also on a node that is drained.
  if (tree === undefined && pausedNames(tx, 'node').has(node)) return { claims: [], now: tx.now, nextDueAt: null };
  const pausedJobs = pausedNames(tx, 'job');
  const open = jobs.filter(({ name }) => !pausedJobs.has(name));
  if (open.length === 0) return { claims: [], now: tx.now, nextDueAt: null };
  const known = JSON.stringify(open.map(({ name }) => name));
  const { due, nextDueAt } =
    tree === undefined ? inQueues(tx, known, { free, turn }) : inTree(tx, known, { free, tree });
  return { claims: take(tx, due, { worker, node, jobs: open }), now: tx.now, nextDueAt };
}

interface Found {
  readonly due: readonly RunId[];
  readonly nextDueAt: number | null;
}

/** One seek finds the next queue that has anything in its line; most stores have one. */
function inQueues(tx: Tx, known: string, { free, turn }: { free: number; turn: number }): Found {
  const paused = pausedNames(tx, 'queue');
  const lines: (readonly RunId[])[] = [];
  let nextDueAt: number | null = null;
  for (let queue = nextQueue(tx, null); queue !== null; queue = nextQueue(tx, queue)) {
    if (paused.has(queue)) continue;
    const found = inLine(tx, queue, known, free);
    if (found.due.length > 0) lines.push(found.due);
    nextDueAt = earlier(nextDueAt, found.nextDueAt);
  }
  return { due: inTurn(lines, free, turn), nextDueAt };
}

function nextQueue(tx: Tx, after: string | null): string | null {
  const row =
    after === null
      ? tx.db.get<{ queue: string }>('select queue from live where worker is null order by queue limit 1')
      : tx.db.get<{ queue: string }>(
          'select queue from live where worker is null and queue > ? order by queue limit 1',
          after,
        );
  return row?.queue ?? null;
}

/** One of each line, then the second of each, and so on. */
function inTurn(lines: readonly (readonly RunId[])[], free: number, turn: number): readonly RunId[] {
  const [only] = lines;
  if (only === undefined || lines.length === 1) return only ?? [];
  const first = turn % lines.length;
  const ordered = [...lines.slice(first), ...lines.slice(0, first)];
  const due: RunId[] = [];
  for (let place = 0; due.length < free && ordered.some((line) => place < line.length); place++) {
    for (const line of ordered) if (due.length < free) due.push(...line.slice(place, place + 1));
  }
  return due;
}

/**
 * One seek per priority that exists in the queue, then a range of due runs: runs that are due later are never walked
 * over (100,000 delayed ones of one priority cost nothing).
 */
function inLine(tx: Tx, queue: string, known: string, free: number): Found {
  const due: RunId[] = [];
  let nextDueAt: number | null = null;
  for (let priority = nextPriority(tx, queue, null); priority !== null; priority = nextPriority(tx, queue, priority)) {
    const left = free - due.length;
    if (left > 0) {
      const rows = tx.db.all<{ run: string }>(
        `select run from live where worker is null and queue = ? and priority = ? and due_at <= ?
           and job in (select value from json_each(?)) order by due_at, run limit ?`,
        queue,
        priority,
        tx.now,
        known,
        left,
      );
      for (const { run } of rows) due.push(run);
    }
    const later = tx.db.get<{ due_at: number }>(
      `select due_at from live where worker is null and queue = ? and priority = ? and due_at > ?
         and job in (select value from json_each(?)) order by due_at limit 1`,
      queue,
      priority,
      tx.now,
      known,
    );
    nextDueAt = earlier(nextDueAt, later?.due_at ?? null);
  }
  return { due, nextDueAt };
}

function nextPriority(tx: Tx, queue: string, below: number | null): number | null {
  const row = tx.db.get<{ priority: number }>(
    `select priority from live where worker is null and queue = ? and priority < ? order by priority desc limit 1`,
    queue,
    below ?? Number.MAX_SAFE_INTEGER,
  );
  return row?.priority ?? null;
}

/** A process that runs work by itself has few roots: their unfinished runs are read and sorted here. */
function inTree(tx: Tx, known: string, { free, tree }: { free: number; tree: readonly RunId[] }): Found {
  const paused = pausedNames(tx, 'queue');
  const rows = tx.db.all<{ run: string; queue: string; due_at: number }>(
    `select run, queue, due_at from live
     where (run in (select value from json_each(?1)) or root in (select value from json_each(?1)))
       and worker is null and job in (select value from json_each(?2)) and due_at is not null
     order by priority desc, due_at, run`,
    JSON.stringify(tree),
    known,
  );
  const due: RunId[] = [];
  let nextDueAt: number | null = null;
  for (const { run, queue, due_at: dueAt } of rows) {
    if (paused.has(queue)) continue;
    if (dueAt > tx.now) nextDueAt = earlier(nextDueAt, dueAt);
    else if (due.length < free) due.push(run);
  }
  return { due, nextDueAt };
}

interface Taker {
  readonly worker: WorkerId;
  readonly node: string;
  readonly jobs: readonly JobTerms[];
}

/** All with three statements, in the order given. */
function take(tx: Tx, runs: readonly RunId[], { worker, node, jobs }: Taker): Claim[] {
  if (runs.length === 0) return [];
  const ids = JSON.stringify(runs);
  tx.db.run(
    `update live set state = 'running', worker = ?2, node = ?3, epoch = epoch + 1, claimed_at = ?4,
       started_at = coalesce(started_at, ?4), waiting_for = null
     where run in (select value from json_each(?1))`,
    ids,
    worker,
    node,
    tx.now,
  );
  let rows = claimRows(tx, ids);
  const byName = rows.filter(({ callbacks }) => callbacks === 'unknown');
  if (byName.length > 0) {
    settleTerms(tx, byName, jobs);
    rows = claimRows(tx, ids);
  }
  const claims = new Map(rows.map((row) => [row.id, claimOf(row, row.mail > 0 ? unread(tx, row.id) : [])]));
  return runs.map((run) => {
    const claim = claims.get(run);
    if (claim === undefined) throw new Error(`the run ${run} is in the line of work and has no record`);
    return claim;
  });
}

/** Steps and output come from earlier claims only. */
function claimRows(tx: Tx, ids: string): Row[] {
  return tx.db.all<Row>(
    `select r.id, r.job, r.key, r.trigger, r.input, r.args, r.request, r.priority, r.trace_id, r.parent, r.root,
       r.scheduled_at, r.created_at, l.epoch, l.attempt, l.crashes, l.generation, l.timeout_ms, l.deadline_at,
       l.callbacks, l.mail, iif(l.epoch = 1, 0, coalesce((select max(seq) from output where run = l.run), 0)) output_seq,
       iif(l.epoch = 1, 0, (select sum(length(bytes)) from output where run = l.run)) output_bytes,
       iif(l.epoch = 1, 0, (select count(*) from steps where run = l.run)) steps
     from live l cross join runs r on r.id = l.run where l.run in (select value from json_each(?))`,
    ids,
  );
}

/** Who asked for these runs did not know their jobs; this worker does. */
function settleTerms(tx: Tx, rows: readonly Row[], jobs: readonly JobTerms[]): void {
  const names = new Set(rows.map(({ job }) => job));
  tx.db.run(
    `update live set timeout_ms = coalesce(timeout_ms, j.value ->> 'timeoutMs'),
       deadline_at = coalesce(deadline_at, due_at + (j.value ->> 'deadlineMs')),
       job_deadline_ms = j.value ->> 'deadlineMs',
       max_crashes = j.value ->> 'maxCrashes', callbacks = nullif(j.value ->> 'callbacks', 'none')
     from json_each(?2) j
     where run in (select value from json_each(?1)) and job = j.value ->> 'name'`,
    JSON.stringify(rows.map(({ id }) => id)),
    JSON.stringify(jobs.filter(({ name }) => names.has(name))),
  );
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b < a) ? b : a;
}

interface Row extends ClaimRow {
  readonly callbacks: string | null;
  readonly mail: number;
}

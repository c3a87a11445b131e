import type { StoredRequest } from '../../job/run.ts';
import type { Trigger } from '../../job/state.ts';
import type { Claim, Claimed, ClaimRequest, Lane } from '../../ports/store-claim.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { jsonOf, listOf } from '../sql/run-row.ts';
import type { Tx } from './connection.ts';
import { unread } from './mail.ts';
import { pausedNames } from './pause.ts';
import { nodeOf } from './submit.ts';

/** Hands out due runs, each once: all that happens inside one write transaction. */
export function claim(tx: Tx, { worker, lanes, tree }: ClaimRequest): Claimed {
  const node = nodeOf(tx, worker);
  if (node === undefined) return { claims: [], now: tx.now, nextDueAt: null };
  // What a process was asked for itself it does, also on a node that is drained.
  if (tree === undefined && pausedNames(tx, 'node').has(node)) return { claims: [], now: tx.now, nextDueAt: null };
  const paused = { jobs: pausedNames(tx, 'job'), queues: pausedNames(tx, 'queue') };
  const claims: Claim[] = [];
  let nextDueAt: number | null = null;
  for (const lane of lanes) {
    if (paused.queues.has(lane.queue)) continue;
    const jobs = lane.jobs.filter((job) => !paused.jobs.has(job));
    if (jobs.length === 0) continue;
    const found = tree === undefined ? inLine(tx, lane, jobs) : inTree(tx, lane, jobs, tree);
    claims.push(...take(tx, found.due, worker, node));
    nextDueAt = earlier(nextDueAt, found.nextDueAt);
  }
  return { claims, now: tx.now, nextDueAt };
}

interface Found {
  readonly due: readonly string[];
  readonly nextDueAt: number | null;
}

/**
 * One seek per priority that exists in the queue, then a range of due runs: runs that are due later are never walked
 * over (100,000 delayed ones of one priority cost nothing).
 */
function inLine(tx: Tx, { queue, free }: Lane, jobs: readonly string[]): Found {
  const known = JSON.stringify(jobs);
  const due: string[] = [];
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
function inTree(tx: Tx, { queue, free }: Lane, jobs: readonly string[], tree: readonly string[]): Found {
  const roots = JSON.stringify(tree);
  const rows = tx.db.all<{ run: string; due_at: number | null }>(
    `select run, due_at from live
     where (run in (select value from json_each(?1)) or root in (select value from json_each(?1)))
       and worker is null and queue = ?2 and job in (select value from json_each(?3)) and due_at is not null
     order by priority desc, due_at, run`,
    roots,
    queue,
    JSON.stringify(jobs),
  );
  const due: string[] = [];
  let nextDueAt: number | null = null;
  for (const row of rows) {
    if (row.due_at !== null && row.due_at > tx.now) nextDueAt = earlier(nextDueAt, row.due_at);
    else if (due.length < free) due.push(row.run);
  }
  return { due, nextDueAt };
}

/** All with three statements, in the order given. */
function take(tx: Tx, runs: readonly string[], worker: WorkerId, node: string): Claim[] {
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
  // Steps and output come from earlier claims only.
  const rows = tx.db.all<ClaimRow>(
    `select r.id, r.job, r.key, r.trigger, r.input, r.args, r.request, r.priority, r.trace_id, r.parent, r.root,
       r.scheduled_at, r.created_at, l.epoch, l.attempt, l.crashes, l.generation, l.timeout_ms, l.deadline_at, l.mail,
       iif(l.epoch = 1, 0, coalesce((select max(seq) from output where run = l.run), 0)) output_seq,
       iif(l.epoch = 1, 0, (select count(*) from steps where run = l.run)) steps
     from live l cross join runs r on r.id = l.run where l.run in (select value from json_each(?))`,
    ids,
  );
  const claims = new Map(rows.map((row) => [row.id, claimOf(row, row.mail > 0 ? unread(tx, row.id) : [])]));
  return runs.map((run) => {
    const claim = claims.get(run);
    if (claim === undefined) throw new Error(`the run ${run} is in the line of work and has no record`);
    return claim;
  });
}

interface ClaimRow {
  readonly id: string;
  readonly job: string;
  readonly key: string | null;
  readonly trigger: string;
  readonly input: string | null;
  readonly args: string | null;
  readonly request: string | null;
  readonly priority: number;
  readonly trace_id: string;
  readonly parent: string | null;
  readonly root: string | null;
  readonly scheduled_at: number | null;
  readonly created_at: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly crashes: number;
  readonly generation: number;
  readonly timeout_ms: number | null;
  readonly deadline_at: number | null;
  readonly mail: number;
  readonly output_seq: number;
  readonly steps: number;
}

function claimOf(row: ClaimRow, letters: Claim['letters']): Claim {
  return {
    run: row.id,
    epoch: row.epoch,
    job: row.job,
    key: row.key,
    trigger: row.trigger as Trigger,
    input: row.input,
    args: listOf(row.args),
    request: jsonOf<StoredRequest>(row.request),
    attempt: row.attempt,
    crashes: row.crashes,
    generation: row.generation,
    priority: row.priority,
    traceId: row.trace_id,
    parent: row.parent,
    root: row.root ?? row.id,
    scheduledAt: row.scheduled_at,
    createdAt: row.created_at,
    timeoutMs: row.timeout_ms,
    deadlineAt: row.deadline_at,
    outputSeq: row.output_seq,
    steps: row.steps,
    mail: row.mail,
    letters,
  };
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b < a) ? b : a;
}

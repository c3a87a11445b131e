import type { RunId } from '../../../job/run.ts';
import type { Claim, Claimed, ClaimRequest, JobTerms, LostClaim } from '../../../ports/store-claim.ts';
import type { WorkerId } from '../../../ports/store-worker.ts';
import { claimOf, type ClaimRow } from '../../sql/claim-row.ts';
import type { Tx } from '../file/connection.ts';
import { dueInQueues, dueInTree } from './due-runs.ts';
import { pausedNames } from './pause.ts';
import { livingWorker } from '../submit/submit.ts';

/** Hands out due runs, each once. All of it happens inside one write transaction. */
export function claim(tx: Tx, { worker, number, jobs, free, turn, tree }: ClaimRequest): Claimed {
  const nothing: Claimed = { claims: [], now: tx.now, nextDueAt: null };
  const living = livingWorker(tx, worker);
  if (living === undefined || number <= living.closed) return nothing;
  const { node, claimed } = living;
  // Made twice it takes once; what comes later than the next one takes nothing.
  if (number <= claimed) return { ...nothing, claims: number === claimed ? heldBy(tx, { worker, number }) : [] };
  const paused = pausedNames(tx);
  // What a process was asked for itself it does, also on a node that is drained.
  if (tree === undefined && paused.node.has(node)) return nothing;
  const open = jobs.filter(({ name }) => !paused.job.has(name));
  if (open.length === 0) return nothing;
  const names = open.map(({ name }) => name);
  const { due, nextDueAt } =
    tree === undefined
      ? dueInQueues(tx, { jobs: new Set(names), paused: paused.queue, free, turn, worker })
      : dueInTree(tx, { jobs: names, paused: paused.queue, free, tree, worker });
  return { claims: take(tx, due, { worker, number, node, jobs: open }), now: tx.now, nextDueAt };
}

/** Answers a lost claim. The claim itself is over by then: there is one write transaction at a time. */
export function reclaim(tx: Tx, { worker, number }: LostClaim): Claimed {
  const isLiving = tx.db.run(
    'update workers set closed = max(closed, ?2) where id = ?1 and evicted_at is null',
    worker,
    number,
  );
  return { claims: isLiving === 0 ? [] : heldBy(tx, { worker, number }), now: tx.now, nextDueAt: null };
}

function heldBy(tx: Tx, { worker, number }: LostClaim): Claim[] {
  const held = tx.db.all<{ run: string }>(
    'select run from live where worker = ? and claim = ? order by priority desc, due_at, run',
    worker,
    number,
  );
  const runs = held.map(({ run }) => run);
  return claimsOf(runs, claimRows(tx, JSON.stringify(runs)));
}

interface Taker {
  readonly worker: WorkerId;
  readonly number: number;
  readonly node: string;
  readonly jobs: readonly JobTerms[];
}

/** Takes all of the runs with three statements, in the order given. */
function take(tx: Tx, runs: readonly RunId[], { worker, number, node, jobs }: Taker): Claim[] {
  if (runs.length === 0) return [];
  const ids = JSON.stringify(runs);
  tx.db.run(
    `update live set state = 'running', worker = ?2, claim = ?5, node = ?3, epoch = epoch + 1, claimed_at = ?4,
       started_at = coalesce(started_at, ?4), waiting_for = null
     where run in (select value from json_each(?1))`,
    ids,
    worker,
    node,
    tx.now,
    number,
  );
  tx.db.run('update workers set claimed = ? where id = ?', number, worker);
  let rows = claimRows(tx, ids);
  const byName = rows.filter(({ callbacks }) => callbacks === 'unknown');
  if (byName.length > 0) {
    settleTerms(tx, byName, jobs);
    rows = claimRows(tx, ids);
  }
  return claimsOf(runs, rows);
}

/** In the order of the runs. */
function claimsOf(runs: readonly RunId[], rows: readonly Row[]): Claim[] {
  const claims = new Map(rows.map((row) => [row.id, claimOf(row)]));
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
       r.scheduled_at, r.created_at, l.epoch, l.attempt, l.first_attempt, l.crashes, l.suspect, l.generation, l.timeout_ms, l.deadline_at,
       l.callbacks, l.mailbox_seq, iif(l.epoch = 1, 0, coalesce((select max(seq) from output where run = l.run), 0)) output_seq,
       iif(l.epoch = 1, 0, (select sum(length(bytes)) from output where run = l.run)) output_bytes,
       iif(l.epoch = 1, 0, (select count(*) from steps where run = l.run)) steps
     from live l cross join runs r on r.id = l.run where l.run in (select value from json_each(?))`,
    ids,
  );
}

/** Stores the terms of jobs for runs whose callers did not know them (protocol/claims#terms-of-a-job). */
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

interface Row extends ClaimRow {
  readonly callbacks: string | null;
}

import type { StoredRequest } from '../../job/run.ts';
import type { Trigger } from '../../job/state.ts';
import type { Letter } from '../../ports/store-ask.ts';
import type { Claim, Claimed, ClaimRequest, JobTerms } from '../../ports/store-claim.ts';
import { callbacksText, jsonOf, listOf } from '../sql/run-row.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';
import { lettersByRun } from './letters.ts';

export async function claim(db: Connection, { worker, jobs, free, turn, tree }: ClaimRequest): Promise<Claimed> {
  const values = [
    worker,
    bundle(jobs.map(inShort)) ?? '[]',
    free,
    turn,
    tree === undefined ? null : JSON.stringify(tree),
  ];
  const [clock = [], rows = [], letters = []] = await db.write('claim', 'claim_v1', values);
  const [{ now = 0, next = null } = {}] = clock as { now?: number; next?: number | null }[];
  const byRun = lettersByRun(letters);
  return {
    claims: (rows as unknown as Row[]).map((row) => claimOf(row, byRun.get(row.id) ?? [])),
    now,
    nextDueAt: next,
  };
}

function inShort({ name, timeoutMs, deadlineMs, maxCrashes, callbacks }: JobTerms): unknown {
  return {
    name,
    timeout: timeoutMs ?? undefined,
    deadline: deadlineMs ?? undefined,
    crashes: maxCrashes,
    callbacks: callbacksText(callbacks) ?? undefined,
  };
}

interface Row {
  readonly id: string;
  readonly job: string;
  readonly run_key: string | null;
  readonly cause: string;
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

function claimOf(row: Row, letters: readonly Letter[]): Claim {
  return {
    run: row.id,
    epoch: row.epoch,
    job: row.job,
    key: row.run_key,
    trigger: row.cause as Trigger,
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

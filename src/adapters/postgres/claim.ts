import type { StoredRequest } from '../../job/run.ts';
import type { Trigger } from '../../job/state.ts';
import type { Claim, Claimed, ClaimRequest, JobTerms } from '../../ports/store-claim.ts';
import { callbacksText, jsonOf, type LetterColumns, letterOf, listOf } from '../sql/run-row.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';

/** The first row tells the time, each other one is a claim. */
export async function claim(db: Connection, { worker, jobs, free, turn, tree }: ClaimRequest): Promise<Claimed> {
  const [clock, ...rows] = await db.write<Row>(
    'claim',
    `select * from ${db.schema}.claim_v1($1, $2::json, $3::integer, $4::bigint, $5::text[])`,
    [worker, bundle(jobs.map(inShort)) ?? '[]', free, turn, tree ?? null],
  );
  return { claims: rows.map(claimOf), now: clock?.now ?? 0, nextDueAt: clock?.next ?? null };
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
  readonly now: number | null;
  readonly next: number | null;
  readonly id: string;
  readonly job: string;
  readonly key: string | null;
  readonly trigger: string;
  readonly input: string | null;
  readonly args: string | null;
  readonly request: string | null;
  readonly priority: number | null;
  readonly trace_id: string;
  readonly parent: string | null;
  readonly root: string | null;
  readonly scheduled_at: number | null;
  readonly created_at: number;
  readonly epoch: number | null;
  readonly attempt: number | null;
  readonly crashes: number | null;
  readonly generation: number | null;
  readonly timeout_ms: number | null;
  readonly deadline_at: number | null;
  readonly mail: number | null;
  readonly output_seq: number | null;
  readonly steps: number | null;
  readonly letters: LetterColumns[] | null;
}

function claimOf(row: Row): Claim {
  return {
    run: row.id,
    epoch: row.epoch ?? 1,
    job: row.job,
    key: row.key,
    trigger: row.trigger as Trigger,
    input: row.input,
    args: listOf(row.args),
    request: jsonOf<StoredRequest>(row.request),
    attempt: row.attempt ?? 1,
    crashes: row.crashes ?? 0,
    generation: row.generation ?? 0,
    priority: row.priority ?? 0,
    traceId: row.trace_id,
    parent: row.parent,
    root: row.root ?? row.id,
    scheduledAt: row.scheduled_at,
    createdAt: row.created_at,
    timeoutMs: row.timeout_ms,
    deadlineAt: row.deadline_at,
    outputSeq: row.output_seq ?? 0,
    steps: row.steps ?? 0,
    mail: row.mail ?? 0,
    letters: (row.letters ?? []).map(letterOf),
  };
}

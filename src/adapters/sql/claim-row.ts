import type { StoredRequest } from '../../job/run.ts';
import type { Trigger } from '../../job/state.ts';
import type { Claim, JobTerms } from '../../ports/store-claim.ts';
import { callbacksText, jsonOf, listOf } from './run-row.ts';

/** The columns of a run that a claim reads. Null stands for the usual value, which most columns of most claims have. */
export interface ClaimRow {
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
  readonly first_attempt: number | null;
  readonly crashes: number | null;
  readonly suspect: number | null;
  readonly generation: number | null;
  readonly timeout_ms: number | null;
  readonly deadline_at: number | null;
  readonly mailbox_seq: number | null;
  readonly output_seq: number | null;
  readonly output_bytes: number | null;
  readonly steps: number | null;
}

export function claimOf(row: ClaimRow): Claim {
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
    firstAttempt: row.first_attempt ?? 1,
    crashes: row.crashes ?? 0,
    ...(row.suspect === 1 && { isSuspect: true }),
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
    outputBytes: row.output_bytes ?? 0,
    steps: row.steps ?? 0,
    mailboxSeq: row.mailbox_seq ?? 0,
  };
}

/** The terms of a job as PostgreSQL's and MySQL's `claim_v1` read them. */
export function encodeTerms({ name, timeoutMs, deadlineMs, maxCrashes, callbacks }: JobTerms): unknown {
  return {
    name,
    timeout: timeoutMs ?? undefined,
    deadline: deadlineMs ?? undefined,
    crashes: maxCrashes,
    callbacks: callbacksText(callbacks) ?? undefined,
  };
}

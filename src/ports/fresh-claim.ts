import type { Claim } from './store-claim.ts';
import type { NewRun } from './store-submit.ts';

/** The claim of a run that was created as held by its worker: it is made here, without asking the store. */
export function freshClaim(run: NewRun, now: number): Claim {
  return {
    run: run.id,
    epoch: 1,
    job: run.job,
    key: run.key,
    trigger: run.trigger,
    input: run.input,
    args: run.args,
    request: run.request,
    attempt: 1,
    firstAttempt: 1,
    crashes: 0,
    generation: 0,
    priority: run.priority,
    traceId: run.traceId,
    parent: run.parent,
    root: run.root,
    scheduledAt: run.scheduledAt,
    createdAt: now,
    timeoutMs: run.timeoutMs,
    deadlineAt: run.deadlineMs === null ? null : now + run.deadlineMs,
    outputSeq: 0,
    outputBytes: 0,
    steps: 0,
    mailboxSeq: 0,
  };
}

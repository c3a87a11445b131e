import { freshClaim } from '../../ports/fresh-claim.ts';
import type { Claim, Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import { claimOf, type ClaimRow } from '../sql/claim-row.ts';
import { claimCall } from './claim.ts';
import type { Connection, Message } from './connection.ts';
import type { ClaimCursor } from './claim-cursor.ts';
import { type Answer, answersOf, valuesOf } from './submit.ts';

/** A submit and a claim as one message; `read` makes of its row what both are answered. */
export interface CreateClaimCall extends Message {
  readonly read: (row: CreateClaimRow) => { readonly submitted: Submitted[]; readonly claimed: Claimed };
}

export interface CreateClaimRow {
  readonly answer: {
    readonly now: number;
    readonly next: number | null;
    readonly cursor?: string | null;
    readonly taken?: true;
    readonly answers: Answer[] | null;
    readonly claims?: ClaimRow[] | null;
  };
}

/** @throws VALUE_REJECTED for a text that PostgreSQL cannot hold */
export function createClaimCall(
  db: Connection,
  { runs, request, cursor }: { runs: readonly NewRun[]; request: ClaimRequest; cursor: ClaimCursor },
): CreateClaimCall {
  const { worker } = request;
  const { values, isWhole, note } = claimCall(request, cursor);
  const takes = isWhole && wouldTake(request, runs);
  const [items, size, keyed] = valuesOf(
    takes ? runs.map((run) => ({ ...run, holder: worker, claim: request.number })) : runs,
  );
  return {
    text: `select ${db.schema}.create_claim_v1($1::json, $2::integer, $3::boolean, $4::boolean, $5, $6::bigint,
      $7::json, $8::integer, $9::bigint, $10::text[], $11::json, $12::boolean) answer`,
    values: [items, size, keyed, takes, ...values, isWhole],
    isOnce: true,
    read: ({ answer }) => {
      const { now, next, cursor: seen = null, taken = false, answers, claims } = answer;
      note(seen);
      const found = taken ? takenOf(runs, { answers, request, now }) : (claims ?? []).map(claimOf);
      return {
        submitted: startedOf(runs, answersOf(runs, answers), found),
        claimed: { claims: found, now, nextDueAt: next },
      };
    },
  };
}

/** Whether the claim would take all of the runs, if nothing else were due. */
function wouldTake({ jobs, free, tree }: ClaimRequest, runs: readonly NewRun[]): boolean {
  const known = new Set(jobs.map(({ name }) => name));
  return (
    tree === undefined &&
    runs.length <= free &&
    runs.every(
      ({ job, holder, dueAt, delayMs, callbacks }) =>
        holder === null && dueAt === null && delayMs === 0 && callbacks !== 'unknown' && known.has(job),
    )
  );
}

/** Of runs that were born held. Where a key was there before, or the worker is evicted, `answers` say of which not. */
function takenOf(
  runs: readonly NewRun[],
  { answers, request, now }: { answers: readonly Answer[] | null; request: ClaimRequest; now: number },
): Claim[] {
  const taken =
    answers === null
      ? runs
      : runs.filter(({ id }, i) => answers.some((each) => each.i === i && isOfClaim(each, id, request)));
  return taken.map((run) => freshClaim(run, now)).toSorted((a, b) => b.priority - a.priority);
}

/** An earlier delivery of the submit may have created it, too, held by another claim. */
function isOfClaim({ run, holder, claim }: Answer, id: string, { worker, number }: ClaimRequest): boolean {
  return run === id && holder === worker && claim === number;
}

/** What the claim took along is queued no more. Who asked to hold a run himself is not told that he does. */
function startedOf(runs: readonly NewRun[], submitted: readonly Submitted[], claims: readonly Claim[]): Submitted[] {
  const started = new Set(claims.map(({ run }) => run));
  return submitted.map((each, i) =>
    started.has(each.run.id) && runs[i]?.holder === null ? { ...each, run: { ...each.run, state: 'running' } } : each,
  );
}

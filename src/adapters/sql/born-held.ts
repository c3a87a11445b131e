import { freshClaim } from '../../ports/fresh-claim.ts';
import type { Claim, ClaimRequest } from '../../ports/store-claim.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';

/** What a database answers of a run that is not simply created and held as wished. */
export interface HeldAnswer {
  readonly i: number;
  readonly run: string;
  /** While the run is held as it was born. */
  readonly holder: string | null;
}

/** Whether the claim would take all of the runs, if nothing else were due. */
export function wouldTake({ jobs, free, tree }: ClaimRequest, runs: readonly NewRun[]): boolean {
  const known = new Set(jobs.map(({ name }) => name));
  return (
    tree === undefined &&
    runs.length <= free &&
    new Set(runs.map(({ id }) => id)).size === runs.length &&
    runs.every(
      ({ job, holder, dueAt, delayMs, callbacks }) =>
        holder === null && dueAt === null && delayMs === 0 && callbacks !== 'unknown' && known.has(job),
    )
  );
}

/** Of runs that were born held. Where a key was there before, or the worker is buried, `answers` say of which not. */
export function takenOf(
  runs: readonly NewRun[],
  { answers, worker, now }: { answers: readonly HeldAnswer[] | null; worker: string; now: number },
): Claim[] {
  const taken =
    answers === null
      ? runs
      : runs.filter(({ id }, i) => answers.some((each) => each.i === i && each.run === id && each.holder === worker));
  return taken.map((run) => freshClaim(run, now)).toSorted((a, b) => b.priority - a.priority);
}

/** What the claim took along is queued no more. Who asked to hold a run himself is not told that he does. */
export function startedOf(
  runs: readonly NewRun[],
  submitted: readonly Submitted[],
  claims: readonly Claim[],
): Submitted[] {
  const started = new Set(claims.map(({ run }) => run));
  return submitted.map((each, i) =>
    started.has(each.run.id) && runs[i]?.holder === null ? { ...each, run: { ...each.run, state: 'running' } } : each,
  );
}

import { callbackFor, isCallbackRun } from '../job/callbacks.ts';
import type { AnyJob } from '../job/define.ts';
import type { RunId } from '../job/run.ts';
import type { FinalState } from '../job/state.ts';
import type { AttemptEnd } from '../ports/attempt-end.ts';
import type { Claim } from '../ports/store-claim.ts';

/**
 * Takes a run that ended out of the roots that a process works for: it needs no looking for, unless its callback comes;
 * then that one's end is the end. True: there is a callback to look for.
 */
export function leaveTree(tree: Set<RunId> | null, claim: Claim, job: AnyJob, end: AttemptEnd): boolean {
  if (isCallbackRun(claim)) {
    tree?.delete(claim.run);
    tree?.delete(claim.parent ?? claim.run);
    return false;
  }
  if (isOutcome(end) && callbackFor(job.callbacks, end) !== null) return true;
  tree?.delete(claim.run);
  return false;
}

export function isOutcome(end: AttemptEnd): end is FinalState {
  return end === 'succeeded' || end === 'failed' || end === 'cancelled';
}

import type { RunId } from '../../job/run.ts';
import type { Attempt } from '../attempt/attempt.ts';

/**
 * Handles a signal to the process. Runs in execution are aborted, and so are the runs that wait for one of them as
 * their child. A run that only waits for something else is parked, and goes on another time. Answers the parents of
 * aborted runs that do not execute here: they are ended as soon as they are claimed.
 */
export function interruptAll(attempts: ReadonlyMap<RunId, Attempt>, reason: Error): RunId[] {
  const executing = new Set<RunId>();
  for (const attempt of attempts.values()) {
    if (attempt.onlyWaits) continue;
    for (let one: Attempt | undefined = attempt; one && !executing.has(one.claim.run);) {
      executing.add(one.claim.run);
      one = attempts.get(one.claim.parent ?? '');
    }
  }
  const parents: RunId[] = [];
  for (const attempt of attempts.values()) {
    const { run, parent } = attempt.claim;
    if (!executing.has(run)) {
      attempt.stop();
      continue;
    }
    attempt.abort(reason);
    if (parent !== null && !attempts.has(parent)) parents.push(parent);
  }
  return parents;
}

import type { RunId } from '../job/run.ts';
import type { Attempt } from './attempt.ts';

/**
 * A signal to the process: what executes is aborted, and with it the runs that wait for it as for their child; what only
 * waits for something else is parked and goes on another time.
 */
export function interruptAll(attempts: ReadonlyMap<RunId, Attempt>, reason: Error): void {
  const executing = new Set<RunId>();
  for (const attempt of attempts.values()) {
    if (attempt.onlyWaits) continue;
    for (let one: Attempt | undefined = attempt; one && !executing.has(one.claim.run);) {
      executing.add(one.claim.run);
      one = attempts.get(one.claim.parent ?? '');
    }
  }
  for (const attempt of attempts.values()) {
    if (executing.has(attempt.claim.run)) attempt.abort(reason);
    else attempt.stop();
  }
}

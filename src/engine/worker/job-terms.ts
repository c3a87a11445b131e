import { calledBack } from '../../job/callbacks.ts';
import type { Registry } from '../../job/registry.ts';
import type { JobTerms } from '../../ports/store-claim.ts';

/** What a worker says of all its jobs with each claim: jobs come and go while it runs. */
export function jobTerms(registry: Registry): JobTerms[] {
  return registry.all().map(({ name, timeoutMs, deadlineMs, maxCrashes, callbacks }) => ({
    name,
    timeoutMs,
    deadlineMs,
    maxCrashes,
    callbacks: calledBack(callbacks),
  }));
}

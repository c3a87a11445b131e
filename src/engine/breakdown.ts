import { OnejobError } from '../job/errors.ts';
import { readFailure } from '../job/failure.ts';
import type { Claim } from '../ports/store-claim.ts';
import { Abort } from '../std/abort.ts';
import { namesOf } from './claim-names.ts';
import { Conclusion, type Concluded, type ConclusionOptions } from './conclusion.ts';
import { ResponseNotes } from './context.ts';
import type { Host } from './host.ts';

/**
 * An error of the engine's own, counted and logged with its stack, as the failure of the attempt that it ends: so it is
 * tried again as often as the job's policy says, and no more (docs/decisions/0052).
 */
export function internalError({ meter, log }: Host, claim: Claim, fault: unknown): OnejobError {
  const { failure } = readFailure(fault);
  meter?.internalError(claim);
  log.error('an error of onejob itself ends an attempt', {
    ...namesOf(claim),
    error: failure.message,
    stack: failure.stack,
  });
  return new OnejobError('INTERNAL', `an error of onejob itself ended the attempt: ${failure.message}`, {
    cause: fault,
  });
}

/**
 * Ends an attempt whose ordinary conclusion failed, or which could not begin, by the plainest entry that says so: what
 * the handler left behind may be the very cause. Where not even this can be recorded the attempt is lost, and what it
 * held is found as a claim that nobody knows.
 */
export async function concludePlainly(
  { claim, job, host, deadlineInMs }: Pick<ConclusionOptions, 'claim' | 'job' | 'host' | 'deadlineInMs'>,
  fault: unknown,
): Promise<Concluded> {
  const thrown = internalError(host, claim, fault);
  const bare = { abort: new Abort(), output: undefined, response: new ResponseNotes() };
  try {
    return await new Conclusion({ claim, job, host, deadlineInMs, ...bare }).conclude({
      how: 'threw',
      thrown,
      isFinal: false,
    });
  } catch (again) {
    internalError(host, claim, again);
    return { end: 'lost', failure: readFailure(thrown).failure };
  }
}

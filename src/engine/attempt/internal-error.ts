import { OnejobError } from '../../job/errors.ts';
import { readFailure } from '../../job/failure.ts';
import type { Claim } from '../../ports/store-claim.ts';
import { namesOf } from '../worker/claim-names.ts';
import type { Host } from '../host/host.ts';

/**
 * Counts an error of the engine's own, logs it with its stack, and makes it the failure of the attempt that it ends. So
 * the run is tried again as often as the job's policy says, and no more (protocol/replay#errors-of-our-own).
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

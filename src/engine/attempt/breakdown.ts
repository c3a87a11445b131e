import { readFailure } from '../../job/failure.ts';
import { Abort } from '../../std/abort.ts';
import { Conclusion, type Concluded, type ConclusionOptions } from './conclusion.ts';
import { ResponseNotes } from './context.ts';
import { internalError } from './internal-error.ts';

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

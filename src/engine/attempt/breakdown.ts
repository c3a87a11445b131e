import { readFailure } from '../../job/failure.ts';
import { Abort } from '../../std/abort.ts';
import { Conclusion, type Concluded, type ConclusionOptions } from './conclusion.ts';
import { ResponseNotes } from './context.ts';
import { internalError } from './internal-error.ts';

/**
 * Ends an attempt that could not begin, or could not end in the ordinary way, by the plainest entry: what the handler
 * left may have caused the error. Where not even this can be recorded, the attempt is lost, and its run is given back.
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

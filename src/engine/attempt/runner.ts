import type { Execution } from './execution.ts';

/**
 * Executes what a job is: a handler in this process, and later a command or a thread. What is common to all of them stays
 * in the attempt: input, services, limits, journal, steps, abort, outcome.
 *
 * A runner writes lines by `execution.output.write`. Where that answers `false`, a runner that can hold its code waits
 * for `execution.output.room()` before it takes the next line.
 */
export interface Runner {
  /**
   * Gives the output of the job, or a promise of it; throws or rejects with its failure. It is called once for an
   * execution, with input and services at hand, inside of the attempt's span, and answers without a promise where it can:
   * each one counts in a short run. `execution.abort` tells it to end, also when the attempt is over already.
   */
  run(execution: Execution): unknown;

  /**
   * The code did not end within the job's grace after its abort. True: it is ended by force, and `run` settles. False: it
   * cannot be, so it is left behind: it goes on without an attempt, fenced and counted.
   */
  terminate(execution: Execution): boolean;
}

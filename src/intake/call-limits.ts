import { OnejobError } from '../job/errors.ts';
import type { NewRun } from '../ports/store-submit.ts';

/**
 * A call commits as one, and so it is bounded: the server works on nothing else of this process meanwhile.
 *
 * @throws PAYLOAD_TOO_LARGE; nothing is written
 */
export function checkedCall(runs: readonly NewRun[]): readonly NewRun[] {
  const bytes = weighCall(runs);
  if (runs.length <= maxRuns && bytes <= maxBytes) return runs;
  throw new OnejobError(
    'PAYLOAD_TOO_LARGE',
    `one call creates all of its runs or none, at most ${maxRuns} of ${maxBytes} bytes in all; these are ${runs.length} of ${bytes}`,
    { hint: 'ask for them in several calls, each of which is all or none' },
  );
}

/** Rough size in bytes. */
export function weighCall(runs: readonly NewRun[]): number {
  return runs.reduce((sum, run) => sum + 200 + (run.input?.length ?? 0) + (run.request?.body?.length ?? 0), 0);
}

const maxRuns = 10_000;
const maxBytes = 64 * 1_048_576;

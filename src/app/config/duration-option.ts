import { givenDuration } from '../../job/given-time.ts';
import type { Duration } from '../../std/duration.ts';

/** The milliseconds of a duration that a caller gave. @throws USAGE with the name of the option */
export function durationOption(name: string, value: Duration | undefined): number | undefined {
  return value === undefined ? undefined : givenDuration(value, name, 'USAGE');
}

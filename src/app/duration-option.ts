import { OnejobError } from '../job/errors.ts';
import { parseDuration, type Duration } from '../std/duration.ts';

/** The milliseconds of a duration that a caller gave. @throws USAGE with the name of the option */
export function durationOption(name: string, value: Duration | undefined): number | undefined {
  if (value === undefined) return undefined;
  try {
    return parseDuration(value);
  } catch (cause) {
    throw new OnejobError('USAGE', `${name}: ${(cause as Error).message}`, { cause });
  }
}

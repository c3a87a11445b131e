import { parseDuration } from '../std/duration.ts';
import { checkInstant } from '../std/instant.ts';
import { OnejobError } from './errors.ts';

/** The code says who has to mend it: the author of a job or a setting, or the one who asks for something. */
type Code = 'CONFIG_INVALID' | 'USAGE';

/** The milliseconds of a duration that somebody gave. @throws `code`, with its place and how to write one */
export function givenDuration(value: unknown, place: string, code: Code = 'CONFIG_INVALID'): number {
  return told(() => parseDuration(value), place, code);
}

/** The whole milliseconds of a `Date` that somebody gave. @throws `code`, with its place and what it may be */
export function givenInstant(value: unknown, place: string, code: Code = 'CONFIG_INVALID'): number {
  return told(() => checkInstant(value), place, code);
}

function told(read: () => number, place: string, code: Code): number {
  try {
    return read();
  } catch (cause) {
    throw new OnejobError(code, `${place}: ${(cause as Error).message}`, { cause });
  }
}

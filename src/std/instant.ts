import { types } from 'node:util';
import { parseDuration } from './duration.ts';
import { shown } from './shown.ts';

/**
 * An instant in whole milliseconds since the epoch: a time ago, or from now on (`2h`, `3d`), a day in the zone of the
 * process (`2026-01-31`), or RFC 3339. Throws RangeError with a sentence for anything else.
 */
export function parseInstant(text: string, now: number, direction: 'ago' | 'ahead'): number {
  if (/^[\d.]+(ms|s|m|h|d)$/.test(text)) {
    const ms = Math.round(parseDuration(text));
    return inRange(direction === 'ago' ? now - ms : now + ms, text);
  }
  if (isCalendarDay(text.slice(0, 10))) {
    const instant = Date.parse(text.length === 10 ? `${text}T00:00` : text);
    if (Number.isFinite(instant)) return inRange(instant, text);
  }
  throw new RangeError(`'${text}' is no instant; write 2h, 3d, 2026-01-31 or 2026-01-31T08:00:00Z`);
}

/** Of a year of four digits in each zone of the world, which every database and every reader of a date holds. */
const lastInstant = Date.UTC(9_999, 11, 31);

function inRange(instant: number, text: string): number {
  if (Math.abs(instant) <= lastInstant) return instant;
  throw new RangeError(`'${text}' lies beyond the year 9999`);
}

/** The whole milliseconds of a `Date` that a program gave. Throws RangeError with a sentence for anything else. */
export function checkInstant(value: unknown): number {
  if (!types.isDate(value)) throw new RangeError(`${shown(value)} is no instant; give a Date`);
  const instant = Date.prototype.getTime.call(value); // an own method of the object could say anything
  if (Number.isNaN(instant)) throw new RangeError('an invalid Date is no instant');
  if (Math.abs(instant) <= lastInstant) return instant;
  throw new RangeError(`${value.toISOString()} lies beyond the year 9999`);
}

/** `Date` takes the 30th of February for the 2nd of March. */
function isCalendarDay(text: string): boolean {
  const instant = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00Z`) : Number.NaN;
  return Number.isFinite(instant) && new Date(instant).toISOString().startsWith(text);
}

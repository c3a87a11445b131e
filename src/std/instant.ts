import { parseDuration } from './duration.ts';

/**
 * An instant in whole milliseconds since the epoch: a time ago, or from now on (`2h`, `3d`), a day in the zone of the
 * process (`2026-01-31`), or RFC 3339. Throws RangeError with a sentence for anything else.
 */
export function parseInstant(text: string, now: number, direction: 'ago' | 'ahead'): number {
  if (/^[\d.]+(ms|s|m|h|d)$/.test(text)) {
    const ms = Math.round(parseDuration(text));
    return direction === 'ago' ? now - ms : now + ms;
  }
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  const instant = day ? new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3])).getTime() : Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && Number.isFinite(instant)) return instant;
  throw new RangeError(`'${text}' is no instant; write 2h, 3d, 2026-01-31 or 2026-01-31T08:00:00Z`);
}

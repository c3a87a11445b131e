import { parseDuration } from '../../std/duration.ts';
import { usage } from './flag.ts';

/**
 * An instant in milliseconds since the epoch: a time ago, or from now on (`2h`, `3d`), a day in the zone of the process
 * (`2026-01-31`), or RFC 3339.
 * @throws USAGE
 */
export function readInstant(text: string, now: number, typed: string, direction: 'ago' | 'ahead' = 'ago'): number {
  if (/^[\d.]+(ms|s|m|h|d)$/.test(text))
    return direction === 'ago' ? now - parseDuration(text) : now + parseDuration(text);
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  const instant = day ? new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3])).getTime() : Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && Number.isFinite(instant)) return instant;
  return usage(`${typed}: '${text}' is no instant; write 2h, 3d, 2026-01-31 or 2026-01-31T08:00:00Z`);
}

import { formatDuration } from '../../std/duration.ts';

/** How long ago, for people: `3 s ago`, `2 d 4 h ago`; an instant to come is `in 5 m`. */
export function formatAge(instant: number, now: number): string {
  const ms = now - instant;
  if (Math.abs(ms) < 1_000) return 'now';
  return ms < 0 ? `in ${formatWhole(-ms)}` : `${formatWhole(ms)} ago`;
}

/** An instant for programs: RFC 3339 in UTC, or an empty text for none. */
export function formatInstant(instant: number | null): string {
  return instant === null ? '' : new Date(instant).toISOString();
}

/** An instant for people, in the time zone of the process: `2026-11-21 09:05:07`. */
export function formatLocal(instant: number): string {
  const date = new Date(instant);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** What a run took so far, or in all. */
export function formatTook(run: { startedAt: number | null; finishedAt: number | null }, now: number): string {
  return run.startedAt === null ? '' : formatDuration(Math.max(0, (run.finishedAt ?? now) - run.startedAt));
}

/** Ages need no tenths of a second. */
function formatWhole(ms: number): string {
  return formatDuration(ms < 60_000 ? Math.floor(ms / 1_000) * 1_000 : ms);
}

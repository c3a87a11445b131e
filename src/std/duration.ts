import { shown } from './shown.ts';

/** Milliseconds, or a number with its unit: `250`, `'250ms'`, `'1.5s'`, `'10m'`, `'2h'`, `'3d'` (a day has 24 hours). */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/**
 * The milliseconds of a `Duration`, or of anything that may be one; decimals are kept to a thousandth.
 * Throws RangeError with a sentence for whatever is not 0 to 1,000 years.
 */
export function parseDuration(value: unknown): number {
  const ms = typeof value === 'number' ? value : parseText(value);
  if (!(ms >= 0)) throw new RangeError(`${shown(value)} is not a duration: ${HOW_TO_WRITE}`);
  if (ms > LONGEST_MS) throw new RangeError(`${shown(value)} is too long for a duration: the longest is '365250d'`);
  return ms;
}

/** A duration for people, in its one or two largest units: `250 ms`, `1.2 s`, `3 m 5 s`, `2 h`, `4 d 6 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 999.5) return `${roundTo(ms, ms < 1 ? 100 : ms < 10 ? 10 : 1)} ms`;
  if (ms < 59_950) return `${roundTo(ms / SECOND, 10)} s`;
  // The limits lie half a small unit below the next large one, so that nothing is rounded up to '60 s' or '24 h'.
  if (ms < HOUR - SECOND / 2) return formatPair(ms, { unit: 'm', unitMs: MINUTE }, { unit: 's', unitMs: SECOND });
  if (ms < DAY - MINUTE / 2) return formatPair(ms, { unit: 'h', unitMs: HOUR }, { unit: 'm', unitMs: MINUTE });
  return formatPair(ms, { unit: 'd', unitMs: DAY }, { unit: 'h', unitMs: HOUR });
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNIT_MS = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/** 1,000 years: an instant so far from now still has a year of four digits, which every store can hold. */
const LONGEST_MS = 365_250 * DAY;

const HOW_TO_WRITE = `write a number of milliseconds, or a text such as '250ms', '1.5s', '10m', '2h' or '3d'`;
const FORM = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

function parseText(text: unknown): number {
  if (typeof text !== 'string') return Number.NaN;
  const [, amount, unit] = FORM.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return Number.NaN;
  const ms = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return Number.isInteger(ms) ? ms : roundTo(ms, 1_000); // 4.35 * 60,000 has a tail of binary noise
}

interface Unit {
  unit: string;
  unitMs: number;
}

function formatPair(ms: number, large: Unit, small: Unit): string {
  const count = Math.round(ms / small.unitMs);
  const perLarge = large.unitMs / small.unitMs;
  const rest = count % perLarge;
  const head = `${Math.floor(count / perLarge)} ${large.unit}`;
  return rest === 0 ? head : `${head} ${rest} ${small.unit}`;
}

function roundTo(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}

import { randomFillSync } from 'node:crypto';

/**
 * A UUIDv7 (RFC 9562 §5.7), lower case. Each is greater than the one before, as text too, within one thread; also when
 * the clock is set back. `rand_a` counts within a millisecond (§6.2, method 1); when its 4,096 values are used up, the
 * time part runs ahead of the clock.
 */
export function newId(): string {
  const now = Date.now();
  if (now > lastMs) startMs(now);
  else if (++counter === COUNTER_END) startMs(lastMs + 1);
  const start = takeRandom(8);
  const hexStart = start * 2;
  // Slices of fewer than 13 characters are copies; longer ones would keep the whole text of the pool alive in every id.
  return (
    prefix +
    DIGITS[counter >>> 8] +
    DIGITS[(counter >>> 4) & 15] +
    DIGITS[counter & 15] +
    VARIANTS[(pool[start] as number) >>> 6] +
    poolHex.slice(hexStart + 1, hexStart + 4) +
    '-' +
    poolHex.slice(hexStart + 4, hexStart + 16)
  );
}

/** When an id was made, in milliseconds since the epoch. Throws TypeError for a text that is none. */
export function idTime(id: string): number {
  if (!isId(id)) throw new TypeError(`'${id}' is not an id`);
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** True for a UUIDv7 in lower case, whoever made it. */
export function isId(text: string): boolean {
  return FORM.test(text);
}

/** The last 8 characters: random, so they tell runs of one second apart, which the first ones do not. */
export function shortId(id: string): string {
  return id.slice(-8);
}

/** A W3C trace id: 32 hexadecimal digits. */
export function newTraceId(): string {
  const start = takeRandom(16);
  return pool.toString('hex', start, start + 16);
}

/** A W3C span id: 16 hexadecimal digits. */
export function newSpanId(): string {
  const start = takeRandom(8);
  return pool.toString('hex', start, start + 8);
}

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const DIGITS = '0123456789abcdef';
const VARIANTS = '89ab';
const COUNTER_END = 4_096;

let lastMs = 0;
let counter = 0;
/** `tttttttt-tttt-7` of the current millisecond. */
let prefix = '';

function startMs(ms: number): void {
  lastMs = ms;
  counter = 0;
  const hex = ms.toString(16).padStart(12, '0');
  prefix = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
}

/** Randomness is bought in batches: one call of the generator for 8 bytes costs more than all the rest of an id. */
const pool = Buffer.alloc(8_192);
let poolHex = '';
let taken = pool.length;

/** Reserves `count` random bytes and returns where they begin in `pool`. */
function takeRandom(count: number): number {
  if (taken + count > pool.length) {
    randomFillSync(pool);
    poolHex = pool.toString('hex');
    taken = 0;
  }
  const start = taken;
  taken += count;
  return start;
}

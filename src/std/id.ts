import { randomFillSync } from 'node:crypto';

/**
 * A UUIDv7 (RFC 9562 §5.7), lower case. Each is greater than the one before, as text too, within one thread; also when
 * the clock is set back. `rand_a` counts within a millisecond (§6.2, method 1); when its 4,096 values are used up, the
 * time part runs ahead of the clock.
 */
export function newId(): string {
  const now = source.now();
  if (now > lastMs) startMs(now);
  else if (++counter === COUNTER_END) startMs(lastMs + 1);
  text[15] = DIGITS.charCodeAt(counter >>> 8);
  text[16] = DIGITS.charCodeAt((counter >>> 4) & 15);
  text[17] = DIGITS.charCodeAt(counter & 15);
  const start = takeRandom(8);
  text[19] = VARIANTS.charCodeAt(random.readUInt8(start) >>> 6);
  copyDigits({ from: start * 2 + 1, to: 20, count: 3 });
  copyDigits({ from: start * 2 + 4, to: 24, count: 12 });
  return text.toString('latin1');
}

/** What ids are made of. `fill` overwrites the bytes with random ones. */
export interface IdSource {
  now(): number;
  fill(bytes: Uint8Array): void;
}

/**
 * From now on ids of this thread are drawn from this source, as if it had made none before: the same source gives the
 * same ids. For simulations. Returns the way back.
 */
export function drawIdsFrom(other: IdSource): () => void {
  const before = { lastMs, counter };
  take(other, 0);
  return () => {
    take(system, before.lastMs);
    counter = before.counter;
  };
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
  return random.toString('hex', start, start + 16);
}

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const DIGITS = '0123456789abcdef';
const VARIANTS = '89ab';
const COUNTER_END = 4_096;

const system: IdSource = { now: () => Date.now(), fill: (bytes) => void randomFillSync(bytes) };

let source = system;
let lastMs = 0;
let counter = 0;

function take(from: IdSource, ms: number): void {
  source = from;
  startMs(ms);
  taken = random.length;
}

/**
 * The id is written in place and read out once. Joining slices makes a rope of ten parts, which whoever stores the id
 * pays for: three times slower when measured to the end.
 */
const text = Buffer.from('tttttttt-tttt-7ccc-vrrr-rrrrrrrrrrrr');

function startMs(ms: number): void {
  lastMs = ms;
  counter = 0;
  const hex = ms.toString(16).padStart(12, '0');
  text.write(hex.slice(0, 8), 0, 'latin1');
  text.write(hex.slice(8), 9, 'latin1');
}

/** Randomness is bought in batches: asking for 8 bytes costs more than all the rest of an id. */
const random = Buffer.alloc(8_192);
const randomDigits = Buffer.alloc(2 * random.length);
let taken = random.length;

/** Reserves random bytes and returns where they begin in `random`; their digits begin at twice that. */
function takeRandom(count: number): number {
  if (taken + count > random.length) {
    source.fill(random);
    randomDigits.write(random.toString('hex'), 'latin1');
    taken = 0;
  }
  const start = taken;
  taken += count;
  return start;
}

function copyDigits({ from, to, count }: { from: number; to: number; count: number }): void {
  for (let index = 0; index < count; index += 1) text[to + index] = randomDigits[from + index] as number;
}

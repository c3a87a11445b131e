import { types } from 'node:util';

/**
 * `text`: the JSON to store, or undefined for a value that is undefined.
 * `why`: a sentence such as 'a Map cannot be stored as JSON; return an array of entries'; `path`: of what, such as
 * `orders[3].tags`, '' for the whole; `tooLarge`: only its size is at fault.
 */
export type StorableCheck =
  | { ok: true; text: string | undefined }
  | { ok: false; why: string; path: string; tooLarge?: true };

/**
 * The JSON text of a value, or why it may not be stored: for all that JSON.stringify would silently change, and all
 * that a database refuses (protocol/journal#bad-values, protocol/replay#what-was-recorded). Not refused: -0, which becomes 0, and members that are undefined, which
 * are left out. Instances of a class count by their `toJSON`, or else by their enumerable members.
 * Never throws. `maxBytes` is that of the text in UTF-8.
 */
export function checkStorable(value: unknown, { maxBytes }: { maxBytes: number }): StorableCheck {
  if (value === undefined) return { ok: true, text: undefined };
  try {
    if (roomAfter(value, maxBytes, MAX_LEVELS) < 0) return inspect(value, maxBytes);
    const text = JSON.stringify(value);
    return isSuspect(text) || !fits(text, maxBytes) ? inspect(value, maxBytes) : { ok: true, text };
  } catch (error) {
    if (error instanceof TooLarge) return { ok: false, why: error.message, path: '', tooLarge: true };
    if (error instanceof Refusal) return { ok: false, why: error.message, path: error.path };
    return { ok: false, why: `reading it failed: ${messageOf(error)}`, path: '' };
  }
}

/** Of what a getter or a `toJSON` threw, which may be anything. */
function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'it threw an object that cannot be printed';
  }
}

/** Deeper is refused by the JSON functions of SQLite (1,000 levels), where ours lie inside other values. */
const MAX_LEVELS = 500;

/** How JSON.stringify writes U+0000 and lone surrogates. A text that quotes such an escape only costs the inspection. */
const SUSPECT = /\\u(?:0000|d[89a-f])/;

const NOT_PLAIN = -1;

/**
 * The quick check of the hot path: what is about left of `room` bytes, or a negative number when the value is not plain
 * all through, or may be too large, and must be inspected. Counting also bounds the walk: an object that is referred to
 * twice on each of 30 levels would else be read a billion times.
 */
function roomAfter(value: unknown, room: number, levels: number): number {
  switch (typeof value) {
    case 'string':
      return room - value.length - 2;
    case 'number':
      return Number.isFinite(value) ? room - 1 : NOT_PLAIN;
    case 'boolean':
      return room - 4;
    case 'object':
      if (value === null) return room - 4;
      if (levels === 0) return NOT_PLAIN;
      return Array.isArray(value) ? roomAfterArray(value, room, levels) : roomAfterObject(value, room, levels);
    default:
      return NOT_PLAIN;
  }
}

function roomAfterArray(array: readonly unknown[], room: number, levels: number): number {
  if ('toJSON' in array) return NOT_PLAIN;
  let left = room - 2;
  for (let index = 0; index < array.length && left >= 0; index += 1) {
    left = roomAfter(array[index], left - 1, levels - 1);
  }
  return left;
}

function roomAfterObject(object: object, room: number, levels: number): number {
  const prototype: unknown = Object.getPrototypeOf(object);
  const { toJSON } = object as { toJSON?: unknown };
  if (prototype !== Object.prototype || toJSON !== undefined) {
    const isValidDate =
      prototype === Date.prototype && toJSON === dateToJSON && !Number.isNaN((object as Date).getTime());
    return isValidDate ? room - DATE_BYTES : NOT_PLAIN;
  }
  let left = room - 2;
  for (const key in object) {
    const member = (object as Record<string, unknown>)[key];
    if (member === undefined) continue;
    left = roomAfter(member, left - key.length - 4, levels - 1);
    if (left < 0) return NOT_PLAIN;
  }
  return left;
}

const dateToJSON: unknown = Date.prototype.toJSON;
const DATE_BYTES = '"2026-01-01T00:00:00.000Z"'.length;

/** Looking for the backslash first spares most texts the expression, a tenth of the whole check. */
function isSuspect(text: string): boolean {
  return text.includes('\\u') && SUSPECT.test(text);
}

function fits(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return false;
  return text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes;
}

class Refusal extends Error {
  readonly path: string;

  constructor(why: string, path: string) {
    super(why);
    this.path = path;
  }
}

class TooLarge extends Error {
  constructor(maxBytes: number) {
    super(`its JSON is larger than the limit of ${maxBytes.toLocaleString('en')} bytes`);
  }
}

/**
 * The thorough check, several times slower: JSON.stringify shows each value that it is about to write, after `toJSON`,
 * together with its holder. Throws the Refusal.
 */
function inspect(value: unknown, maxBytes: number): StorableCheck {
  const trail = new Trail();
  let room = maxBytes;
  const text: string | undefined = JSON.stringify(value, function check(this: object, key: string, member: unknown) {
    trail.goTo(this, key);
    const why = whyNot(member, this, key);
    if (why !== undefined) throw new Refusal(why, trail.path);
    room -= leastBytes(member, this, key);
    if (room < 0) throw new TooLarge(maxBytes);
    if (typeof member === 'object' && member !== null) trail.enter(member);
    return member;
  });
  if (text !== undefined && !fits(text, maxBytes)) throw new TooLarge(maxBytes);
  return { ok: true, text };
}

function whyNot(value: unknown, holder: object, key: string): string | undefined {
  const ofMember = !Array.isArray(holder);
  if (ofMember && !isCleanText(key)) return `the name of this member cannot be stored: ${UNCLEAN}`;
  switch (typeof value) {
    case 'undefined':
      return ofMember ? undefined : 'undefined inside an array would become null; return null';
    case 'string':
      return isCleanText(value) ? undefined : `this text cannot be stored: ${UNCLEAN}`;
    case 'number':
      return Number.isFinite(value) ? undefined : `${value} cannot be stored as JSON; return null or a text`;
    case 'bigint':
      return 'a bigint cannot be stored as JSON; return its text';
    case 'symbol':
      return 'a symbol cannot be stored as JSON; return a text';
    case 'function':
      return 'a function cannot be stored as JSON; return data only';
    case 'object':
      return value === null ? whyNotNull(holder, key) : whyNotObject(value, holder, key);
    default:
      return undefined;
  }
}

const UNCLEAN = 'it has the character U+0000 or half of a surrogate pair, which databases refuse';

/** Whether every database keeps that text: it has neither U+0000 nor half of a surrogate pair. */
export function isCleanText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function whyNotNull(holder: object, key: string): string | undefined {
  const given = (holder as Record<string, unknown>)[key];
  return types.isDate(given) ? 'an invalid Date would become null; return null' : undefined;
}

function whyNotObject(value: object, holder: object, key: string): string | undefined {
  if (types.isBoxedPrimitive(value)) return whyNot(value.valueOf(), holder, key);
  if (types.isMap(value)) return 'a Map cannot be stored as JSON; return an array of entries';
  if (types.isSet(value)) return 'a Set cannot be stored as JSON; return an array';
  if (types.isPromise(value)) return 'a promise cannot be stored as JSON; await it';
  if (types.isNativeError(value)) return 'an Error would become an empty object; return its message';
  if (types.isRegExp(value)) return 'a RegExp cannot be stored as JSON; return its source';
  if (types.isArrayBufferView(value) || types.isAnyArrayBuffer(value)) {
    return 'bytes cannot be stored as JSON; return a text, such as base64';
  }
  if (types.isWeakMap(value) || types.isWeakSet(value))
    return 'a weak collection cannot be stored as JSON; return an array';
  return undefined;
}

/** A lower bound, so that a value is never refused for its size that would fit. */
function leastBytes(value: unknown, holder: object, key: string): number {
  if (value === undefined) return 0;
  return 1 + (Array.isArray(holder) ? 0 : key.length) + (typeof value === 'string' ? value.length : 0);
}

/** Where JSON.stringify is. It tells the holder of each value only, so the way back up is found by comparing. */
class Trail {
  readonly #entered: object[] = [];
  readonly #keys: string[] = [];

  goTo(holder: object, key: string): void {
    while (this.#entered.length > 0 && this.#entered.at(-1) !== holder) this.#entered.pop();
    this.#keys.length = this.#entered.length;
    if (this.#entered.length > 0) this.#keys[this.#entered.length - 1] = key;
  }

  enter(value: object): void {
    if (this.#entered.includes(value))
      throw new Refusal('a value that contains itself cannot be stored as JSON', this.path);
    if (this.#entered.length === MAX_LEVELS) throw new Refusal(`more than ${MAX_LEVELS} levels cannot be stored`, '');
    this.#entered.push(value);
  }

  get path(): string {
    const path = this.#entered.map((holder, level) => pathPart(holder, this.#keys[level] ?? '')).join('');
    return path.startsWith('.') ? path.slice(1) : path;
  }
}

function pathPart(holder: object, key: string): string {
  if (Array.isArray(holder)) return `[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

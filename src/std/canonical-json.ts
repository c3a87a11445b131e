import { hash } from 'node:crypto';
import { types } from 'node:util';

/**
 * The one JSON text of a value (RFC 8785): members sorted by UTF-16 code units, numbers as ECMAScript writes them, no
 * white space. Otherwise it reads a value as JSON.stringify does; undefined as a whole counts as null.
 * Throws TypeError for what has no such text: NaN, Infinity, a bigint, a lone surrogate, cycles.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '', 0) ?? 'null';
}

/** SHA-256 of bytes, or of the UTF-8 bytes of a text, as 64 hexadecimal digits. */
export function digest(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

/** So deep is only a cycle, or a value made to break us. */
const DEEPEST = 1_000;

/** Undefined for what JSON.stringify leaves out: undefined, functions and symbols. */
function write(given: unknown, key: string, depth: number): string | undefined {
  if (depth > DEEPEST) throw new TypeError(`more than ${DEEPEST} levels, or a cycle, have no canonical JSON`);
  const value = unwrap(given, key);
  switch (typeof value) {
    case 'string':
      return writeText(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical JSON`);
      return String(value === 0 ? 0 : value);
    case 'boolean':
      return String(value);
    case 'bigint':
      throw new TypeError('a bigint has no canonical JSON');
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return writeArray(value, depth + 1);
      return writeObject(value as Record<string, unknown>, depth + 1);
    default:
      return undefined;
  }
}

/** What JSON.stringify would look at in place of a value. */
function unwrap(given: unknown, key: string): unknown {
  if ((typeof given !== 'object' || given === null) && typeof given !== 'bigint') return given;
  const { toJSON } = given as { toJSON?: unknown };
  const value: unknown = typeof toJSON === 'function' ? toJSON.call(given, key) : given;
  return types.isBoxedPrimitive(value) ? value.valueOf() : value;
}

function writeText(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('a lone surrogate has no canonical JSON');
  return JSON.stringify(text);
}

function writeArray(array: readonly unknown[], depth: number): string {
  const parts: string[] = [];
  for (let index = 0; index < array.length; index += 1) parts.push(write(array[index], String(index), depth) ?? 'null');
  return `[${parts.join(',')}]`;
}

function writeObject(object: Record<string, unknown>, depth: number): string {
  const parts: string[] = [];
  // The order that RFC 8785 §3.2.3 asks for is the one that sorting has by itself.
  for (const key of Object.keys(object).toSorted()) {
    const text = write(object[key], key, depth);
    if (text !== undefined) parts.push(`${writeText(key)}:${text}`);
  }
  return `{${parts.join(',')}}`;
}

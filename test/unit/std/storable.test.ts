import fc from 'fast-check';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { checkStorable, isWellFormed } from '../../../src/std/json.ts';

const MIB = 1_048_576;

describe('stored as JSON.stringify writes it', () => {
  class Point {
    x = 1;
    #secret = 2;
    get sum() {
      return this.x + this.#secret;
    }
    move() {}
  }
  class Money {
    toJSON(key: string) {
      return `5 EUR as ${key}`;
    }
  }
  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 5.25],
    ['-0', -0],
    ['an empty text', ''],
    ['text of every kind', 'a"\\\n\u0001\u007f\u2028é😀'],
    ['text that only quotes an escape', String.raw`\u0000 \ud800 \\u0000`],
    ['terminal colours', '\u001b[1mbold\u001b[0m'],
    ['nested data', { a: [1, [2, { b: null }]], 'c d': true }],
    ['members that are undefined', { a: undefined, b: [{ c: undefined }] }],
    ['a Date', { at: new Date(0) }],
    ['an instance of a class', { point: new Point() }],
    ['a toJSON', { price: new Money(), list: [new Money()] }],
    ['a toJSON on the prototype of an array', Object.assign([1], { toJSON: () => 'array' })],
    ['bytes that know how to be JSON', Buffer.from('a')],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an object of another realm', runInNewContext('({ a: [1, { at: new Date(0) }] })')],
    ['boxed values', [Object(1), Object('a'), Object(true)]],
    ['one object in two places', [Point, Point].map(() => sharedObject)],
    ['a member named __proto__', JSON.parse('{"__proto__":{"a":1}}')],
    ['a URL', { url: new URL('http://127.0.0.1/') }],
  ])('%s', (_, value) => {
    expect(checkStorable(value, { maxBytes: MIB })).toEqual({ ok: true, text: JSON.stringify(value) });
  });

  test('undefined, which has no text', () => {
    expect(checkStorable(undefined, { maxBytes: 0 })).toEqual({ ok: true, text: undefined });
    expect(checkStorable({ toJSON: () => undefined }, { maxBytes: 0 })).toEqual({ ok: true, text: undefined });
  });
});

describe('refused', () => {
  const cycle: Record<string, unknown> = { a: { b: [] } };
  (cycle['a'] as { b: unknown[] }).b.push(1, cycle);
  const sparse: number[] = [];
  sparse[1] = 2;
  test.each<[string, unknown, string, string]>([
    ['a function', () => 1, '', 'a function cannot be stored as JSON; return data only'],
    ['a method', { orders: [{ f() {} }] }, 'orders[0].f', 'a function cannot be stored as JSON; return data only'],
    ['a class', { Map }, 'Map', 'a function cannot be stored as JSON; return data only'],
    ['a symbol', [Symbol('a')], '[0]', 'a symbol cannot be stored as JSON; return a text'],
    ['a bigint', { id: 5n }, 'id', 'a bigint cannot be stored as JSON; return its text'],
    ['a boxed bigint', { id: Object(5n) }, 'id', 'a bigint cannot be stored as JSON; return its text'],
    ['a Map', { tags: new Map() }, 'tags', 'a Map cannot be stored as JSON; return an array of entries'],
    [
      'a Map of another realm',
      runInNewContext('new Map()'),
      '',
      'a Map cannot be stored as JSON; return an array of entries',
    ],
    ['a Set', [[new Set()]], '[0][0]', 'a Set cannot be stored as JSON; return an array'],
    ['a WeakMap', new WeakMap(), '', 'a weak collection cannot be stored as JSON; return an array'],
    ['a promise', { order: Promise.resolve() }, 'order', 'a promise cannot be stored as JSON; await it'],
    ['an Error', { error: new TypeError('x') }, 'error', 'an Error would become an empty object; return its message'],
    ['a RegExp', /a/, '', 'a RegExp cannot be stored as JSON; return its source'],
    ['bytes', { body: new Uint8Array(2) }, 'body', 'bytes cannot be stored as JSON; return a text, such as base64'],
    ['a buffer of bytes', new ArrayBuffer(2), '', 'bytes cannot be stored as JSON; return a text, such as base64'],
    ['NaN', { a: { b: Number.NaN } }, 'a.b', 'NaN cannot be stored as JSON; return null or a text'],
    ['Infinity', -Infinity, '', '-Infinity cannot be stored as JSON; return null or a text'],
    ['boxed NaN', Object(Number.NaN), '', 'NaN cannot be stored as JSON; return null or a text'],
    ['undefined in an array', [1, undefined], '[1]', 'undefined inside an array would become null; return null'],
    ['a hole in an array', sparse, '[0]', 'undefined inside an array would become null; return null'],
    ['an invalid Date', [new Date(Number.NaN)], '[0]', 'an invalid Date would become null; return null'],
    ['a cycle', cycle, 'a.b[1]', 'a value that contains itself cannot be stored as JSON'],
    [
      'what toJSON gives',
      { a: { toJSON: () => new Map() } },
      'a',
      'a Map cannot be stored as JSON; return an array of entries',
    ],
    ['a toJSON that fails', { toJSON: failing }, '', 'reading it failed: out of order'],
    [
      'a getter that fails',
      {
        get a() {
          return failing();
        },
      },
      '',
      'reading it failed: out of order',
    ],
  ])('%s', (_, value, path, why) => {
    expect(checkStorable(value, { maxBytes: MIB })).toEqual({ ok: false, why, path });
  });

  test.each<[string, unknown, string]>([
    ['U+0000', ['a\0b'], '[0]'],
    ['U+0000 after a backslash', { a: '\\\0' }, 'a'],
    ['half of a pair at the end', { 'a b': { c: 'x\ud83d' } }, '["a b"].c'],
    ['the other half', { ü: '\ude00x' }, 'ü'],
    ['halves in the wrong order', '\ude00\ud83d', ''],
    ['U+0000 in the name of a member', { a: { 'b\0': 1 } }, String.raw`a["b\u0000"]`],
    ['half of a pair in the name of a member', { '\ud83d': 1 }, String.raw`["\ud83d"]`],
  ])('%s in a text', (_, value, path) => {
    const check = checkStorable(value, { maxBytes: MIB });
    expect(check).toMatchObject({ ok: false, path });
    expect(check).toHaveProperty(
      'why',
      expect.stringContaining('it has the character U+0000 or half of a surrogate pair'),
    );
  });

  test('what is nested in more than 500 levels, one less is stored', () => {
    const nest = (levels: number) => JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)) as unknown;
    expect(checkStorable(nest(500), { maxBytes: MIB }).ok).toBe(true);
    const refused = { ok: false, why: 'more than 500 levels cannot be stored', path: '' };
    expect(checkStorable(nest(501), { maxBytes: MIB })).toEqual(refused);
    expect(checkStorable(nest(5_000), { maxBytes: MIB })).toEqual(refused);
  });
});

describe('the size', () => {
  test('counts the bytes of UTF-8, and the limit itself fits', () => {
    for (const value of ['é'.repeat(10), { é: ['a', 1, null] }, [[], {}], '\n\n', [new Date(0)], '😀']) {
      const bytes = Buffer.byteLength(JSON.stringify(value));
      expect(checkStorable(value, { maxBytes: bytes }).ok).toBe(true);
      expect(checkStorable(value, { maxBytes: bytes - 1 })).toEqual({
        ok: false,
        why: `its JSON is larger than the limit of ${bytes - 1} bytes`,
        path: '',
        tooLarge: true,
      });
    }
  });

  test('is written for people', () => {
    expect(checkStorable('a'.repeat(MIB), { maxBytes: MIB })).toHaveProperty(
      'why',
      'its JSON is larger than the limit of 1,048,576 bytes',
    );
  });

  test('of a value that would grow without bound is found without writing it', () => {
    let doubled: unknown = {};
    for (let level = 0; level < 60; level += 1) doubled = { a: doubled, b: doubled };
    const many = Array.from({ length: 10_000 }, () => 'a'.repeat(100_000));
    for (const value of [doubled, [new Map(), doubled].slice(1), many, { at: new Date(0), many }]) {
      expect(checkStorable(value, { maxBytes: MIB })).toMatchObject({ ok: false, path: '' });
    }
  });
});

test('what is accepted is exactly what comes back from a round trip', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.constantFrom(null, undefined, true, '\0', '\ud800', String.raw`\u0000`, 5n, new Date(0), new Map(), -0),
  );
  const values = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
  })).value;
  fc.assert(
    fc.property(values, (value) => {
      const check = checkStorable(value, { maxBytes: MIB });
      expect(check.ok).toBe(!hasTrouble(value, false));
      if (check.ok) expect(check.text).toBe(JSON.stringify(value));
    }),
    { numRuns: 1_000 },
  );
});

test('a text is well formed when it has no half of a surrogate pair', () => {
  expect(isWellFormed('a😀é\0')).toBe(true);
  expect(isWellFormed('a\ud83d')).toBe(false);
});

const sharedObject = { a: 1 };

function failing(): never {
  throw new Error('out of order');
}

/** The rule once more, in the plainest way. */
function hasTrouble(value: unknown, inArray: boolean): boolean {
  if (value === undefined) return inArray;
  if (typeof value === 'bigint' || value instanceof Map) return true;
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value === 'string') return value.includes('\0') || /\p{Surrogate}/u.test(value);
  if (Array.isArray(value)) return value.some((element) => hasTrouble(element, true));
  if (typeof value !== 'object' || value === null || value instanceof Date) return false;
  return Object.entries(value).some(
    ([key, member]) => member !== undefined && (hasTrouble(key, false) || hasTrouble(member, false)),
  );
}

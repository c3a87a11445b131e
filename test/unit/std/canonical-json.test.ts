import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, digest } from '../../../src/std/json.ts';

describe('canonicalJson', () => {
  test('writes the example of RFC 8785, section 3.2.2', () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`) as unknown;
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test('sorts members by UTF-16 code units, as RFC 8785, section 3.2.3', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      ö: 'Latin Small Letter O With Diaeresis',
    };
    const names = Object.values(JSON.parse(canonicalJson(value)) as object);
    expect(names).toEqual([
      'One', // JSON.parse puts whole numbers first; the text is compared below
      'Carriage Return',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
    expect(canonicalJson(value).startsWith(String.raw`{"\r":"Carriage Return","1":"One",`)).toBe(true);
    expect(canonicalJson({ 10: 1, 9: 2, a: { c: 1, b: 2 } })).toBe('{"10":1,"9":2,"a":{"b":2,"c":1}}');
  });

  test.each([
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [1e21, '1e+21'],
    [0.000001, '0.000001'],
    [1e-7, '1e-7'],
    [333333333.33333325, '333333333.33333325'],
  ])('writes the number %s as ECMAScript does', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test('reads a value as JSON.stringify does', () => {
    const value = {
      at: new Date(0),
      gone: undefined,
      f() {},
      list: [undefined, () => 1, Symbol('s'), Object(5), { toJSON: (key: string) => ({ b: key, a: 1 }) }],
    };
    expect(canonicalJson(value)).toBe('{"at":"1970-01-01T00:00:00.000Z","list":[null,null,null,5,{"a":1,"b":"4"}]}');
    expect(canonicalJson(undefined)).toBe('null');
    expect(canonicalJson({ toJSON: () => undefined })).toBe('null');
  });

  test('gives one text to a value and to its round trip, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 1_000 },
    );
  });

  const cycle: Record<string, unknown> = {};
  cycle['again'] = cycle;
  test.each<[string, unknown]>([
    ['NaN', [Number.NaN]],
    ['Infinity', { a: Infinity }],
    ['a bigint', 5n],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in the name of a member', { '\udc00': 1 }],
    ['a cycle', cycle],
  ])('has no text for %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});

test('a digest is the SHA-256 of the UTF-8 bytes', () => {
  expect(digest('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(digest('é')).toBe(createHash('sha256').update(Buffer.from('é')).digest('hex'));
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member)]));
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computedKey, egoKey, inputDigest, stepKey } from '../../../src/job/key.ts';

test('a computed key belongs to its job', () => {
  expect(computedKey('import-orders', 'a:2026-01-01')).toBe('import-orders/a:2026-01-01');
});

test('EGO-15 a RunID of ego is a key of its own kind', () => {
  expect(egoKey('7')).toBe('ego:7');
});

test('a step key is its name, or its name and parts', () => {
  expect(stepKey('fetch')).toBe('fetch');
  expect(stepKey(['charge', 'a', 7])).toBe('charge:a:7');
  expect(stepKey(['charge'])).toBe('charge');
});

test('VT-18 a colon or backslash inside a name or part is escaped', () => {
  expect(stepKey('a:b')).toBe('a\\:b');
  expect(stepKey(['a', 'b:c'])).toBe('a:b\\:c');
  expect(stepKey(['a\\', 'b'])).toBe('a\\\\:b');
});

test('VT-18 different names never share a key', () => {
  const part = fc.string({ unit: fc.constantFrom(':', '\\', 'a', 'b'), maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.array(part, { minLength: 1, maxLength: 4 }),
      (a, b) => {
        const same = a.length === b.length && a.every((text, n) => text === b[n]);
        expect(stepKey(a as [string]) === stepKey(b as [string])).toBe(same);
      },
    ),
  );
});

test('the digest is of the value, not of how it is written', () => {
  expect(inputDigest('{"a":1,"b":[1.0,"é"]}')).toBe(inputDigest('{ "b": [1, "\\u00e9"], "a": 1e0 }'));
  expect(inputDigest('{"a":1}')).toMatch(/^[0-9a-f]{64}$/);
});

test('different inputs have different digests, none has none', () => {
  const inputs = ['null', '{}', '[]', '""', '0', 'false', '{"a":1}', '{"a":"1"}', '[1]', '{"a":null}'];
  expect(new Set(inputs.map(inputDigest)).size).toBe(inputs.length);
  expect(inputDigest(null)).toBe(null);
});

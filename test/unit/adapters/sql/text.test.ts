import { expect, test } from 'vitest';
import { checkTexts } from '../../../../src/adapters/sql/text.ts';

test('the characters of all texts are counted, wherever they stand', () => {
  const value = { a: 'four', b: [null, 1, true, { c: '世界' }], d: new Uint8Array(100) };
  expect(checkTexts(value)).toBe(6);
  expect(checkTexts(undefined)).toBe(0);
});

test('a text that databases refuse is named by its place', () => {
  expect(() => checkTexts([{ fine: 'x' }, { request: { headers: [['a', 'b\0']] } }])).toThrow(
    'the text at 1.request.headers.0.1 holds U+0000, which no database keeps',
  );
  expect(() => checkTexts({ input: '"\ud800"' })).toThrow('the text at input holds half of a surrogate pair');
});

test('whole pairs, and escapes that stand as text, are fine', () => {
  expect(checkTexts(['😀', String.raw`\ud800 \u0000`])).toBe(15);
});

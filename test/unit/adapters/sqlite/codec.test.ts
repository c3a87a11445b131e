import { expect, test } from 'vitest';
import { packAnswers, unpack } from '../../../../src/adapters/sqlite/writer/codec.ts';
import { freshClaim } from '../../../../src/ports/fresh-claim.ts';
import { newRun } from '../../../../src/testing/store-contract/harness/builders.ts';

const claimed = (count: number, input: string) => ({
  claims: Array.from({ length: count }, () => freshClaim(newRun({ input }), 1)),
  now: 1,
  nextDueAt: null,
});

test('a claim of small runs travels as text', () => {
  const packed = packAnswers([{ id: 1, method: 'claim', value: claimed(10, '1') }]);
  expect(typeof packed).toBe('string');
  expect(unpack(packed)).toHaveLength(1);
});

test('a claim of more input than fits into a text travels all the same', () => {
  const value = claimed(600, `"${'x'.repeat(1_048_000)}"`);
  expect(() => JSON.stringify(value)).toThrow(RangeError);
  expect(unpack(packAnswers([{ id: 1, method: 'claim', value }]))).toEqual([{ id: 1, value }]);
});

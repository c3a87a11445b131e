import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffDelay } from '../../../src/std/backoff.ts';

const doubling = { delayMs: 1_000, factor: 2, maxDelayMs: 60_000, jitter: 0 };

test('the pause grows by the factor up to its maximum', () => {
  const delays = [1, 2, 3, 6, 7, 8].map((tryNumber) => backoffDelay(doubling, tryNumber, () => 0.5));
  expect(delays).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
});

test('jitter spreads the pause to both sides', () => {
  const policy = { ...doubling, jitter: 0.5 };
  expect(backoffDelay(policy, 1, () => 0)).toBe(500);
  expect(backoffDelay(policy, 1, () => 0.5)).toBe(1_000);
  expect(backoffDelay(policy, 1, () => 0.75)).toBe(1_250);
});

test('jitter never lifts a pause above the maximum', () => {
  expect(backoffDelay({ ...doubling, jitter: 0.5 }, 10, () => 0.99)).toBe(60_000);
  expect(backoffDelay({ ...doubling, jitter: 0.5 }, 10, () => 0)).toBe(30_000);
});

test('try 10,000 does not overflow', () => {
  expect(backoffDelay(doubling, 10_000, Math.random)).toBe(60_000);
  expect(backoffDelay({ ...doubling, delayMs: 0 }, 10_000, Math.random)).toBe(0);
  expect(backoffDelay({ ...doubling, maxDelayMs: 0 }, 10_000, Math.random)).toBe(0);
  expect(backoffDelay({ ...doubling, factor: 0.5 }, 10_000, Math.random)).toBe(0);
});

test('a try that is not counted from 1 is a RangeError', () => {
  expect(() => backoffDelay(doubling, 0, Math.random)).toThrow('tries are counted from 1, not 0');
  expect(() => backoffDelay(doubling, Number.NaN, Math.random)).toThrow(RangeError);
});

test('the pause is a number from 0 to the maximum, whatever the policy', () => {
  const policies = fc.record({
    delayMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
    factor: fc.double({ min: 0, max: 100, noNaN: true }),
    maxDelayMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(policies, fc.integer({ min: 1, max: 10_000 }), chance, (policy, tryNumber, drawn) => {
      const delay = backoffDelay(policy, tryNumber, () => drawn);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(policy.maxDelayMs);
    }),
  );
});

import { expect, test } from 'vitest';
import { JobError, PermanentError, readFailure, RetryLater } from '../../../src/job/failure.ts';
import { never, nextTryMs, retryPolicy } from '../../../src/job/retry.ts';

const middle = () => 0.5;
const broken = readFailure(new Error('broken'));

test('without a policy there is one attempt', () => {
  expect(retryPolicy(undefined, 'job a: retry')).toBe(never);
  expect(nextTryMs(never, 1, broken, middle)).toBe(null);
});

test('what is left out has its default', () => {
  expect(retryPolicy({ attempts: 3 }, 'job a: retry')).toEqual({
    attempts: 3,
    delayMs: 1_000,
    factor: 2,
    maxDelayMs: 300_000,
    jitter: 0.5,
  });
});

test('a delay beyond the default of the longest one is waited all the same', () => {
  const policy = retryPolicy({ attempts: 3, delay: '1h', jitter: 0 }, 'job a: retry');
  expect([1, 2].map((tries) => nextTryMs(policy, tries, broken, middle))).toEqual([3_600_000, 3_600_000]);
});

test('durations are read as people write them', () => {
  const policy = retryPolicy({ attempts: 2, delay: '1.5s', maxDelay: '2m', factor: 3, jitter: 0 }, 'job a: retry');
  expect(policy).toEqual({ attempts: 2, delayMs: 1_500, factor: 3, maxDelayMs: 120_000, jitter: 0 });
});

test('VT-2 attempts count executions in total', () => {
  const policy = retryPolicy({ attempts: 3, delay: '1s', jitter: 0 }, 'retry');
  expect([1, 2, 3, 4].map((tries) => nextTryMs(policy, tries, broken, middle))).toEqual([1_000, 2_000, null, null]);
});

test('VT-2 Infinity tries without bound, up to the longest delay', () => {
  const policy = retryPolicy({ attempts: Infinity, delay: '1s', maxDelay: '1m', jitter: 0 }, 'retry');
  expect(nextTryMs(policy, 1_000_000, broken, middle)).toBe(60_000);
});

test('VT-2 Infinity without a delay is refused at the definition', () => {
  for (const options of [{ delay: 0 }, { delay: '1s', maxDelay: 0 }] as const) {
    expect(() => retryPolicy({ attempts: Infinity, ...options }, 'job a: retry')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('job a: retry') }),
    );
  }
});

test('what would never run or makes no sense is refused with its place', () => {
  for (const options of [
    { attempts: 0 },
    { attempts: -1 },
    { attempts: 1.5 },
    { attempts: Number.NaN },
    { attempts: 2, factor: 0.5 },
    { attempts: 2, factor: Infinity },
    { attempts: 2, jitter: -0.1 },
    { attempts: 2, jitter: 1.1 },
    { attempts: 2, delay: -1 },
    { attempts: 2, delay: '10 minutes' as '1s' },
    { attempts: 2, maxDelay: '' as '1s' },
  ]) {
    expect(() => retryPolicy(options, 'job a: retry')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('job a: retry') }),
    );
  }
});

test('VT-3 a permanent error is not tried again, whatever the policy', () => {
  const policy = retryPolicy({ attempts: Infinity }, 'retry');
  expect(nextTryMs(policy, 1, readFailure(new PermanentError('no')), middle)).toBe(null);
  expect(nextTryMs(policy, 1, readFailure(new JobError('NO_SHOP', 'no', { retry: false })), middle)).toBe(null);
});

test('RetryLater waits as long as it says and uses up no try', () => {
  expect(nextTryMs(never, 1, readFailure(new RetryLater('30s')), middle)).toBe(30_000);
  expect(nextTryMs(never, 99, readFailure(new RetryLater(0)), middle)).toBe(0);
});

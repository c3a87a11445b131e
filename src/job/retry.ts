import { backoffDelay } from '../std/backoff.ts';
import type { Duration } from '../std/duration.ts';
import { OnejobError } from './errors.ts';
import type { Reading } from './failure.ts';
import { givenDuration } from './given-time.ts';

/** What a person writes. All but `attempts` have defaults. `attempts` counts executions in total. */
export interface RetryOptions {
  attempts: number;
  delay?: Duration;
  factor?: number;
  maxDelay?: Duration;
  /** 0: the delay is exact. 0.5: it is between half and one and a half of itself. */
  jitter?: number;
}

export interface RetryPolicy {
  readonly attempts: number;
  readonly delayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  readonly jitter: number;
}

export const never: RetryPolicy = { attempts: 1, delayMs: 1_000, factor: 2, maxDelayMs: 300_000, jitter: 0.5 };

/** Fills in the defaults. Refuses a policy that would try again without a pause, or never. @throws CONFIG_INVALID */
export function retryPolicy(options: RetryOptions | undefined, place: string): RetryPolicy {
  if (options === undefined) return never;
  const delayMs = options.delay === undefined ? never.delayMs : givenDuration(options.delay, `${place}.delay`);
  // The default of the longest delay must not cut short a delay that was written.
  const longestMs = Math.max(never.maxDelayMs, delayMs);
  const policy: RetryPolicy = {
    attempts: options.attempts,
    delayMs,
    factor: options.factor ?? never.factor,
    maxDelayMs: options.maxDelay === undefined ? longestMs : givenDuration(options.maxDelay, `${place}.maxDelay`),
    jitter: options.jitter ?? never.jitter,
  };
  const { attempts, factor, jitter } = policy;
  if (!(attempts === Infinity || (Number.isInteger(attempts) && attempts >= 1))) {
    refuse(`${place}.attempts is ${attempts}; it is a whole number from 1, or Infinity`);
  }
  if (attempts === Infinity && Math.min(policy.delayMs, policy.maxDelayMs) === 0) {
    refuse(`${place} retries for ever without a delay, which would spin; give it a delay such as '1s'`);
  }
  if (!(factor >= 1 && factor <= 100)) refuse(`${place}.factor is ${factor}; it is a number from 1 to 100`);
  if (!(jitter >= 0 && jitter <= 1)) refuse(`${place}.jitter is ${jitter}; it is a number from 0 to 1`);
  return policy;
}

/** After the `tries`-th execution failed: how long to wait for the next one, or null when there is none. */
export function nextTryMs(policy: RetryPolicy, tries: number, reading: Reading, random: () => number): number | null {
  if (reading.laterMs !== undefined) return reading.laterMs;
  if (!reading.retry || tries >= policy.attempts) return null;
  return backoffDelay(policy, tries, random);
}

function refuse(message: string): never {
  throw new OnejobError('CONFIG_INVALID', message);
}

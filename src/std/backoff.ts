/** How the pauses between tries grow. */
export interface Backoff {
  /** The pause after the first failure, in milliseconds. */
  readonly delayMs: number;
  /** Each pause is the one before times this. */
  readonly factor: number;
  /** No pause is longer, jitter included. */
  readonly maxDelayMs: number;
  /** 0 to 1: the share of a pause by which chance may shorten or lengthen it. */
  readonly jitter: number;
}

/**
 * Milliseconds to wait after try `tryNumber` (1 = the first) has failed. `random` gives 0 to below 1, like Math.random.
 * Throws RangeError when `tryNumber` is below 1.
 */
export function backoffDelay(policy: Backoff, tryNumber: number, random: () => number): number {
  if (!(tryNumber >= 1)) throw new RangeError(`tries are counted from 1, not ${tryNumber}`);
  const { delayMs, factor, maxDelayMs, jitter } = policy;
  // 0 times an endless power is NaN: a pause of 0 stays 0 whatever the factor makes of it.
  const grown = delayMs === 0 ? 0 : Math.min(delayMs * factor ** (tryNumber - 1), maxDelayMs);
  const spread = 1 - jitter + 2 * jitter * random();
  return Math.max(0, Math.min(grown * spread, maxDelayMs));
}

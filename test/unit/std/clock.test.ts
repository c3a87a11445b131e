import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/std/clock.ts';

const LONGEST_MS = 2 ** 31 - 1;

afterEach(() => {
  vi.useRealTimers();
});

test('now is the wall clock and monotonic does not go back', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(10_000);
  const first = systemClock.monotonic();
  expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first);
});

describe('sleep', () => {
  test('lasts at least as long as asked, fractions included', async () => {
    const before = systemClock.monotonic();
    await systemClock.sleep(5.5);
    expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(5);
  });

  test('of nothing, or of less than nothing, ends in a later turn', async () => {
    let ended = false;
    const sleep = systemClock.sleep(-5).then(() => (ended = true));
    await Promise.resolve();
    expect(ended).toBe(false);
    await sleep;
  });

  test('rejects with the reason when the signal aborts, and at once when it has aborted before', async () => {
    const stop = new AbortController();
    const reason = new Error('stop');
    const sleep = systemClock.sleep(60_000, stop.signal);
    stop.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    await expect(systemClock.sleep(60_000, stop.signal)).rejects.toBe(reason);
  });

  test('leaves no listener on a signal that outlives it', async () => {
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    await systemClock.sleep(1, signal);
    expect(remove).toHaveBeenCalledOnce();
  });

  test('of NaN is a RangeError', async () => {
    await expect(systemClock.sleep(Number.NaN)).rejects.toThrow(RangeError);
    await expect(systemClock.sleep(Number.NaN, new AbortController().signal)).rejects.toThrow(RangeError);
  });
});

describe('setTimer', () => {
  test('fires once, unless cancelled', async () => {
    vi.useFakeTimers();
    const fn = vi.fn<() => void>();
    const cancelled = vi.fn<() => void>();
    systemClock.setTimer(10, fn);
    systemClock.setTimer(10, cancelled).cancel();
    vi.advanceTimersByTime(1_000);
    expect(fn).toHaveBeenCalledOnce();
    expect(cancelled).not.toHaveBeenCalled();
  });

  test('holds delays beyond 2^31-1 ms, to the millisecond', () => {
    vi.useFakeTimers();
    const fn = vi.fn<() => void>();
    systemClock.setTimer(2 * LONGEST_MS + 5, fn);
    vi.advanceTimersByTime(2 * LONGEST_MS + 4);
    expect(fn).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fn).toHaveBeenCalledOnce();
  });

  test('cancels a long delay in any of its parts', () => {
    vi.useFakeTimers();
    const fn = vi.fn<() => void>();
    const timer = systemClock.setTimer(3 * LONGEST_MS, fn);
    vi.advanceTimersByTime(LONGEST_MS + 1);
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of Infinity never fires and of NaN throws', () => {
    vi.useFakeTimers();
    const fn = vi.fn<() => void>();
    systemClock.setTimer(Infinity, fn);
    vi.advanceTimersByTime(5 * LONGEST_MS);
    expect(fn).not.toHaveBeenCalled();
    expect(() => systemClock.setTimer(Number.NaN, fn)).toThrow('a delay in milliseconds is a number, not NaN');
  });

  test('lets the process end once it is unreferenced', async () => {
    const clock = new URL('../../../dist/std/clock.js', import.meta.url).href;
    const code = `import { systemClock } from '${clock}'; systemClock.setTimer(60_000, () => {}).unref(); console.log('end');`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      timeout: 9_000,
    });
    expect(stdout).toBe('end\n');
  });
});

import { describe, expect, test, vi } from 'vitest';
import type { Clock } from '../../../src/std/clock.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { Loop, type LoopOptions } from '../../../src/std/loop.ts';
import { until } from '../../support/until.ts';

const backoff = { delayMs: 100, factor: 2, maxDelayMs: 350, jitter: 0 };

describe('turns', () => {
  test('follow one another after the time that the body asks for', async () => {
    const { clock, loop, turns, pause } = setUp(() => 500);
    await loop.start();
    await pause(1);
    clock.advance(499);
    expect(turns()).toBe(1);
    clock.advance(1);
    await pause(2);
    expect(turns()).toBe(2);
    await loop.stop();
  });

  test('follow at once when the body asks for nothing, and timers and sockets still get their turn', async () => {
    let turns = 0;
    const loop = new Loop({ name: 'busy', onError: fail, body: async () => void (turns += 1) });
    await loop.start();
    await until('it has turned twice', () => turns > 1);
    await loop.stop();
  });

  test('are never two at once', async () => {
    let inside = 0;
    let max = 0;
    let turns = 0;
    const done = createDeferred<void>();
    const loop = new Loop({
      name: 'alone',
      onError: fail,
      body: async () => {
        max = Math.max(max, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        if (++turns === 20) done.resolve();
        return Infinity;
      },
    });
    await loop.start();
    const nudging = setInterval(() => {
      loop.nudge();
      loop.nudge();
    }, 0);
    await done.promise;
    clearInterval(nudging);
    await loop.stop();
    expect(max).toBe(1);
  });
});

describe('a nudge', () => {
  test('starts the next turn at once', async () => {
    const { loop, turns, pause, clock } = setUp(() => Infinity);
    await loop.start();
    await pause(1);
    loop.nudge();
    await pause(2);
    expect(turns()).toBe(2);
    expect(clock.pending()).toBe(1);
    await loop.stop();
  });

  test('during a turn is remembered, and ten of them make one more turn', async () => {
    const first = createDeferred<number>();
    let turns = 0;
    const clock = handClock();
    const loop = new Loop({
      name: 'nudged',
      clock,
      onError: fail,
      body: () => (++turns === 1 ? first.promise : Promise.resolve(Infinity)),
    });
    await loop.start();
    for (let count = 0; count < 10; count += 1) loop.nudge();
    expect(turns).toBe(1);
    first.resolve(60_000);
    await vi.waitUntil(() => clock.pending() === 1, { timeout: 5_000 });
    expect(turns).toBe(2);
    await loop.stop();
  });

  test('before the start and after the stop does nothing', async () => {
    const { loop, turns, pause } = setUp(() => Infinity);
    loop.nudge();
    expect(turns()).toBe(0);
    await loop.start();
    await pause(1);
    await loop.stop();
    loop.nudge();
    await new Promise((resolve) => setImmediate(resolve));
    expect(turns()).toBe(1);
  });
});

describe('a body that fails', () => {
  test('is told to onError, and runs again after pauses that grow', async () => {
    const errors: unknown[] = [];
    const { loop, clock, turns, pause } = setUp(
      () => {
        throw new Error(`failure ${turns()}`);
      },
      { onError: (error) => errors.push(error) },
    );
    await loop.start();
    for (const [index, delayMs] of [100, 200, 350, 350].entries()) {
      await pause(index + 1);
      clock.advance(delayMs - 1);
      expect(turns()).toBe(index + 1);
      clock.advance(1);
    }
    await pause(5);
    expect(errors.map(String)).toEqual([1, 2, 3, 4, 5].map((turn) => `Error: failure ${turn}`));
    await loop.stop();
  });

  test('starts with the first pause again after a turn that succeeded', async () => {
    const { loop, clock, turns, pause } = setUp(
      () => {
        if (turns() === 3) return 1_000;
        throw new Error('away');
      },
      { onError: () => undefined },
    );
    await loop.start();
    for (const [index, delayMs] of [100, 200, 1_000, 100].entries()) {
      await pause(index + 1);
      clock.advance(delayMs - 1);
      expect(turns()).toBe(index + 1);
      clock.advance(1);
    }
    await pause(5);
    await loop.stop();
  });

  test('is not called sooner for a nudge, but a stop is not delayed', async () => {
    const { loop, turns, pause } = setUp(
      () => {
        throw new Error('away');
      },
      { onError: () => undefined },
    );
    await loop.start();
    await pause(1);
    loop.nudge();
    await new Promise((resolve) => setImmediate(resolve));
    expect(turns()).toBe(1);
    await loop.stop();
  });

  test('by throwing instead of rejecting, or by asking for NaN ms, is treated alike', async () => {
    const errors: unknown[] = [];
    const thrown = createDeferred<void>();
    const loop = new Loop({
      name: 'rude',
      backoff: { ...backoff, delayMs: 1 },
      onError: (error) => {
        if (errors.push(error) === 2) thrown.resolve();
      },
      body: () => {
        if (errors.length === 0) throw new Error('synchronous');
        return Promise.resolve(Number.NaN);
      },
    });
    await loop.start();
    await thrown.promise;
    await loop.stop();
    expect(errors.map(String)).toEqual([
      'Error: synchronous',
      'RangeError: a delay in milliseconds is a number, not NaN',
    ]);
  });

  test('and an onError that fails do not end the loop', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { loop, clock, pause } = setUp(
      () => {
        throw new Error('away');
      },
      {
        onError: () => {
          throw new Error('the log is broken');
        },
      },
    );
    await loop.start();
    await pause(1);
    clock.advance(100);
    await pause(2);
    await loop.stop();
    expect(String(warn.mock.calls[0]?.[0])).toBe('Error: the log is broken');
    warn.mockRestore();
  });
});

describe('stop', () => {
  test('aborts the signal and waits for the turn in progress', async () => {
    const turn = createDeferred<void>();
    let aborted = false;
    let stopped = false;
    const loop = new Loop({
      name: 'slow',
      onError: fail,
      body: (signal) => {
        signal.addEventListener('abort', () => (aborted = true));
        return turn.promise;
      },
    });
    await loop.start();
    const stop = loop.stop().then(() => (stopped = true));
    expect(aborted).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    turn.resolve();
    await stop;
  });

  test('takes a body that gives up with the reason, or an AbortError, for no failure, but another error for one', async () => {
    const errors: unknown[] = [];
    const bodies: LoopOptions['body'][] = [
      (signal) => untilAborted(signal, () => signal.reason as Error),
      (signal) => untilAborted(signal, () => new DOMException('aborted', 'AbortError')),
      (signal) => untilAborted(signal, () => new Error('the store is away')),
    ];
    for (const body of bodies) {
      const loop = new Loop({ name: 'aborted', body, onError: (error) => errors.push(error) });
      await loop.start();
      await loop.stop();
    }
    expect(errors.map(String)).toEqual(['Error: the store is away']);
  });

  test('and start are idempotent: each returns the promise of its first call', async () => {
    const { loop, turns, pause } = setUp(() => Infinity);
    expect(loop.start()).toBe(loop.start());
    await pause(1);
    expect(loop.stop()).toBe(loop.stop());
    await loop.stop();
    expect(turns()).toBe(1);
  });

  test('before the start means that no turn ever runs', async () => {
    const { loop, turns } = setUp(() => Infinity);
    await loop.stop();
    await loop.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(turns()).toBe(0);
  });

  test('leaves no timer behind', async () => {
    const { loop, clock, pause } = setUp(() => 60_000);
    await loop.start();
    await pause(1);
    await loop.stop();
    expect(clock.pending()).toBe(0);
  });
});

/** A loop on a clock moved by hand; `pause(n)` waits until turn n has ended and the loop waits for the clock. */
function setUp(body: () => number, options: Partial<LoopOptions> = {}) {
  const clock = handClock();
  let turns = 0;
  const loop = new Loop({
    name: 'tested',
    clock,
    backoff,
    onError: fail,
    body: async () => {
      turns += 1;
      return body();
    },
    ...options,
  });
  const pause = async (turn: number) => {
    await vi.waitUntil(() => turns === turn && clock.pending() === 1, { interval: 1, timeout: 5_000 });
  };
  return { clock, loop, turns: () => turns, pause };
}

function fail(error: unknown): void {
  throw error;
}

function untilAborted(signal: AbortSignal, error: () => Error): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(error())));
}

function handClock(): Clock & { advance(ms: number): void; pending(): number } {
  let now = 0;
  const timers = new Set<{ at: number; fn: () => void }>();
  return {
    now: () => now,
    monotonic: () => now,
    sleep: () => Promise.reject(new Error('a loop does not sleep')),
    setTimer(ms, fn) {
      const timer = { at: now + ms, fn };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    advance(ms) {
      now += ms;
      for (const timer of timers) {
        if (timer.at <= now && timers.delete(timer)) timer.fn();
      }
    },
    pending: () => timers.size,
  };
}

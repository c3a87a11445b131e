import { describe, expect, test } from 'vitest';
import { RunTimer } from '../../../src/engine/attempt/run-timer.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';

function setUp({ timeoutMs = null as number | null, deadlineInMs = null as number | null, skewMs = 0 } = {}) {
  const clock = new FakeClock();
  const storeClockOffsetMs = clock.now() + skewMs;
  const aborts: string[] = [];
  let left = 0;
  const deadlineAt = deadlineInMs === null ? null : storeClockOffsetMs + deadlineInMs;
  const timer = new RunTimer({
    claim: { timeoutMs, deadlineAt },
    storeClockOffsetMs,
    graceMs: 100,
    clock,
    abort: (reason) => aborts.push((reason as Error & { code: string }).code),
    leave: () => left++,
  });
  return { clock, timer, aborts, left: () => left };
}

describe('the time-out', () => {
  test('aborts after the running time', () => {
    const { clock, timer, aborts } = setUp({ timeoutMs: 1_000 });
    timer.start();
    clock.advance(999);
    expect(aborts).toEqual([]);
    clock.advance(1);
    expect(aborts).toEqual(['RUN_TIMED_OUT']);
  });

  test('stands while the attempt only waits', () => {
    const { clock, timer, aborts } = setUp({ timeoutMs: 1_000 });
    timer.start();
    for (let wait = 0; wait < 3; wait++) {
      clock.advance(300);
      timer.pause();
      timer.pause();
      clock.advance(100_000);
      timer.resume();
      timer.resume();
    }
    expect(aborts).toEqual([]);
    clock.advance(99);
    expect(aborts).toEqual([]);
    clock.advance(1);
    expect(aborts).toEqual(['RUN_TIMED_OUT']);
  });

  test('counts by the monotonic clock', () => {
    const { clock, timer, aborts } = setUp({ timeoutMs: 1_000 });
    timer.start();
    clock.jump(3_600_000);
    clock.advance(500);
    timer.pause();
    timer.resume();
    clock.advance(499);
    expect(aborts).toEqual([]);
  });
});

describe('the deadline', () => {
  test('is an instant of the store’s clock, and goes on while the attempt waits', () => {
    const { clock, timer, aborts } = setUp({ deadlineInMs: 5_000, skewMs: 60_000 });
    timer.start();
    timer.pause();
    expect(timer.deadlineInMs).toBe(5_000);
    clock.advance(4_999);
    expect(timer.deadlineInMs).toBe(1);
    expect(aborts).toEqual([]);
    clock.advance(1);
    expect(aborts).toEqual(['RUN_TIMED_OUT']);
  });

  test('that has passed aborts before anything begins', () => {
    const { timer, aborts } = setUp({ deadlineInMs: -1 });
    timer.start();
    expect(aborts).toEqual(['RUN_TIMED_OUT']);
    expect(timer.deadlineInMs).toBe(-1);
  });

  test.each([3_600_000, -3_600_000])('goes on as it is when somebody sets the clock by %d ms', (jumpMs) => {
    const { clock, timer, aborts } = setUp({ deadlineInMs: 5_000 });
    clock.advance(1_000);
    clock.jump(jumpMs);
    timer.start();
    expect(timer.deadlineInMs).toBe(4_000);
    clock.advance(3_999);
    expect(aborts).toEqual([]);
    clock.advance(1);
    expect(aborts).toEqual(['RUN_TIMED_OUT']);
  });

  test('of a run without one is infinitely far', () => {
    const { timer, clock } = setUp();
    timer.start();
    expect(timer.deadlineInMs).toBe(Infinity);
    expect(clock.pending).toBe(0);
  });
});

test('the grace is counted once, from the first abort', () => {
  const { clock, timer, left } = setUp();
  timer.start();
  timer.startGrace();
  clock.advance(60);
  timer.startGrace();
  clock.advance(39);
  expect(left()).toBe(0);
  clock.advance(1);
  expect(left()).toBe(1);
});

test('after stop nothing comes any more', () => {
  const { clock, timer, aborts, left } = setUp({ timeoutMs: 10, deadlineInMs: 20 });
  timer.start();
  timer.startGrace();
  timer.stop();
  expect(clock.pending).toBe(0);
  clock.advance(1_000);
  expect([aborts, left()]).toEqual([[], 0]);
});

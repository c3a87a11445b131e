import { expect, test } from 'vitest';
import { createFakeClock } from '../../../src/testing/index.ts';

test('timers fire in the order of their instants, each at its own', () => {
  const clock = createFakeClock(1_000);
  const fired: [string, number][] = [];
  const note = (name: string) => () => void fired.push([name, clock.now()]);
  clock.setTimer(20, note('b'));
  clock.setTimer(10, note('a'));
  clock.setTimer(20, note('c'));
  clock.setTimer(30, note('never')).cancel();
  clock.advance(100);
  expect(fired).toEqual([
    ['a', 1_010],
    ['b', 1_020],
    ['c', 1_020],
  ]);
  expect(clock.now()).toBe(1_100);
});

test('a timer that a timer sets fires in the same move of time', () => {
  const clock = createFakeClock();
  const fired: number[] = [];
  clock.setTimer(10, () => clock.setTimer(10, () => fired.push(clock.monotonic())));
  clock.advance(20);
  expect(fired).toEqual([20]);
});

test('a timer without end is none', () => {
  const clock = createFakeClock();
  clock.setTimer(Infinity, () => undefined);
  expect([clock.nextTimerAt, clock.pending]).toEqual([null, 0]);
  expect(() => clock.setTimer(Number.NaN, () => undefined)).toThrow(RangeError);
});

test('who sets the wall clock makes nothing due', () => {
  const clock = createFakeClock(0);
  clock.setTimer(10, () => undefined);
  clock.jump(3_600_000);
  expect([clock.now(), clock.monotonic(), clock.nextTimerAt]).toEqual([3_600_000, 0, 3_600_010]);
});

test('a sleep that is aborted leaves no timer', async () => {
  const clock = createFakeClock();
  const abort = new AbortController();
  const slept = clock.sleep(10, abort.signal);
  abort.abort(new Error('enough'));
  await expect(slept).rejects.toThrow('enough');
  expect(clock.pending).toBe(0);
});

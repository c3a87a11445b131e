import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Duration, formatDuration, parseDuration } from '../../../src/std/duration.ts';

describe('parseDuration', () => {
  test.each([
    [0, 0],
    [250, 250],
    [0.5, 0.5],
    ['0s', 0],
    ['250ms', 250],
    ['1.5s', 1_500],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['3d', 259_200_000],
    ['0.0005s', 0.5],
    ['1.1s', 1_100],
    ['365250d', 31_557_600_000_000],
  ])('reads %s', (value, ms) => {
    expect(parseDuration(value)).toBe(ms);
  });

  test.each([
    '10 minutes',
    '5',
    '',
    ' 5s',
    '5s ',
    '-5s',
    '+5s',
    '5S',
    '5w',
    '1e3s',
    '.5s',
    '1.s',
    '1,5s',
    '1m30s',
    'ms',
    '٣s',
    '0x1fs',
    'Infinitys',
    '5s\n',
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(RangeError);
  });

  test.each([-1, Number.NaN, Infinity, -Infinity])('refuses the number %s', (value) => {
    expect(() => parseDuration(value)).toThrow(RangeError);
  });

  test('refuses what a program without types hands over', () => {
    for (const value of [null, undefined, {}, [5], true, new Date(5), 5n] as unknown[]) {
      expect(() => parseDuration(value as string)).toThrow(RangeError);
    }
  });

  test('says in a sentence what was wrong and how to write it', () => {
    expect(() => parseDuration('10 minutes')).toThrow(
      "'10 minutes' is not a duration: write a number of milliseconds, or a text such as '250ms', '1.5s', '10m', '2h' or '3d'",
    );
    expect(() => parseDuration(Number.NaN)).toThrow('NaN is not a duration');
    expect(() => parseDuration('365251d')).toThrow("'365251d' is too long for a duration: the longest is '365250d'");
  });

  test('reads every decimal to a thousandth of a millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (hundredths) => {
        const text = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
        expect(parseDuration(`${text}m`)).toBe(hundredths * 600);
      }),
    );
  });
});

test('Duration refuses what is not one when it compiles', () => {
  const durations: Duration[] = [5, '5s', '1.5m', '3d'];
  // @ts-expect-error a unit spelled out
  durations.push('10 minutes');
  // @ts-expect-error no unit
  durations.push('5');
  // @ts-expect-error not a number
  durations.push('soon');
  expect(durations).toHaveLength(7);
});

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [0.04, '0.04 ms'],
    [0.001, '0 ms'],
    [1.26, '1.3 ms'],
    [250, '250 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1_200, '1.2 s'],
    [59_949, '59.9 s'],
    [59_960, '1 m'],
    [185_000, '3 m 5 s'],
    [180_000, '3 m'],
    [3_599_400, '59 m 59 s'],
    [3_599_600, '1 h'],
    [7_260_000, '2 h 1 m'],
    [86_399_000, '1 d'],
    [4 * 86_400_000 + 6 * 3_600_000, '4 d 6 h'],
    [-1_200, '-1.2 s'],
    [Number.NaN, '–'],
    [Infinity, '–'],
  ])('writes %s as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('never shows a part that belongs to the next larger unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e10, noNaN: true }), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b(1000 ms|60(\.0)? s|60 m|24 h)\b/);
      }),
      { numRuns: 5_000 },
    );
  });
});

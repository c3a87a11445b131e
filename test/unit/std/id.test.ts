import { afterEach, describe, expect, test, vi } from 'vitest';
import { drawIdsFrom, idTime, isId, newId, newTraceId, shortId } from '../../../src/std/id.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('newId', () => {
  test('is a UUID of version 7 and variant 2 that carries its time', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(isId(id)).toBe(true);
    expect(idTime(id)).toBeGreaterThanOrEqual(before);
    expect(idTime(id)).toBeLessThanOrEqual(Date.now());
  });

  test('grows with each call, however many fall into a millisecond', () => {
    const ids = Array.from({ length: 100_000 }, newId);
    expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] as string))).toBe(true);
    expect(ids.every(isId)).toBe(true);
  });

  test('grows while the clock is set back and while it stands still', () => {
    const first = newId();
    const frozen = vi.spyOn(Date, 'now').mockReturnValue(idTime(first) - 3_600_000);
    const later = Array.from({ length: 10_000 }, newId);
    frozen.mockRestore();
    const ids = [first, ...later, newId()];
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(idTime(later.at(-1) as string) - idTime(first)).toBe(2); // 4,096 a millisecond, then the time part goes on
  });

  test('takes up the clock again once that is ahead', () => {
    const future = idTime(newId()) + 5_000;
    vi.spyOn(Date, 'now').mockReturnValue(future);
    expect(idTime(newId())).toBe(future);
  });

  test('draws every random digit, the variant included, from its whole range', () => {
    const seen = Array.from({ length: 16 }, () => new Set<string>());
    for (let count = 0; count < 5_000; count += 1) {
      const digits = newId().slice(19).replace('-', '');
      for (const [index, digit] of Array.from(digits).entries()) seen[index]?.add(digit);
    }
    expect(seen.map((digits) => digits.size)).toEqual([4, ...Array.from({ length: 15 }, () => 16)]);
  });
});

describe('ids that are drawn from a source', () => {
  test('are the same for the same source, and real ones afterwards', () => {
    const draw = (): string[] => {
      let byte = 0;
      const restore = drawIdsFrom({ now: () => 1_000, fill: (bytes) => bytes.forEach((_, i) => (bytes[i] = byte++)) });
      const ids = [...Array.from({ length: 2_000 }, newId), newTraceId()];
      restore();
      return ids;
    };
    const before = newId();
    const ids = draw();
    expect(draw()).toEqual(ids);
    expect(idTime(ids[0] as string)).toBe(1_000);
    expect(idTime(newId())).toBeGreaterThanOrEqual(idTime(before));
  });
});

describe('isId and idTime', () => {
  test.each([
    '',
    'a-1',
    '0190163d-8694-739b-aea5-966c26f8ad9', // a digit short
    '0190163d-8694-739b-aea5-966c26f8ad911',
    '0190163d-8694-439b-aea5-966c26f8ad91', // version 4
    '0190163d-8694-739b-cea5-966c26f8ad91', // another variant
    '0190163D-8694-739B-AEA5-966C26F8AD91',
    '0190163d-8694-739b-aea5-966c26f8ad91\n',
  ])('refuse %j', (text) => {
    expect(isId(text)).toBe(false);
    expect(() => idTime(text)).toThrow(TypeError);
  });

  test('read the example of RFC 9562, appendix A.6', () => {
    const id = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f';
    expect(isId(id)).toBe(true);
    expect(new Date(idTime(id)).toISOString()).toBe('2022-02-22T19:22:22.000Z');
  });
});

test('a short id is the last 8 characters', () => {
  expect(shortId('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')).toBe('0c07398f');
});

test('a trace id is 32 random hexadecimal digits', () => {
  expect(newTraceId()).toMatch(/^[0-9a-f]{32}$/);
  // More than one batch of randomness, at lengths that do not divide it evenly.
  const all = Array.from({ length: 3_000 }, (_, index) => (index % 2 === 0 ? newTraceId() : newId()));
  expect(new Set(all).size).toBe(all.length);
});

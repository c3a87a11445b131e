import { expect, test } from 'vitest';
import { parseInstant } from '../../../src/std/instant.ts';

const now = Date.parse('2026-01-31T08:00:00Z');

test('an instant is a time ago or ahead, a day here, or RFC 3339', () => {
  expect(parseInstant('2h', now, 'ago')).toBe(now - 7_200_000);
  expect(parseInstant('2h', now, 'ahead')).toBe(now + 7_200_000);
  expect(parseInstant('2024-02-29', now, 'ago')).toBe(new Date(2024, 1, 29).getTime());
  expect(parseInstant('0050-01-01T00:00:00Z', now, 'ago')).toBeLessThan(0);
  expect(parseInstant('2026-01-31T09:00:00.5+01:00', now, 'ago')).toBe(now + 500);
});

test.each([
  '2026-02-30',
  '2025-02-29',
  '2026-13-01',
  '2026-00-00',
  '2026-02-30T00:00:00Z',
  '2026-01-31T25:00Z',
  '',
  'now',
])('%j is none', (text) => {
  expect(() => parseInstant(text, now, 'ago')).toThrow(`'${text}' is no instant`);
});

test.each([
  ['200d', Date.UTC(9_999, 11, 1), 'ahead'],
  ['365250d', Date.UTC(9_999, 0, 1), 'ahead'],
  ['9999-12-31T23:59:59Z', 0, 'ahead'],
] as const)('%j lies beyond the last year of four digits', (text, from, direction) => {
  expect(() => parseInstant(text, from, direction)).toThrow(`'${text}' lies beyond the year 9999`);
});

import { expect, test } from 'vitest';
import { compareVersions } from '../../../../src/adapters/sql/version.ts';

/** Each is older than the next. */
const ordered = [
  '0',
  '0.0.1',
  '0.9.12',
  '0.10.0',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-rc.2',
  '1.0.0-rc.10',
  '1.0.0',
  '1.0.1',
  '2',
  '2.1',
  '2026.11.21',
];

test('versions compare by their numbers, and a pre-release comes before its release', () => {
  for (const [i, older] of ordered.entries()) {
    for (const newer of ordered.slice(i + 1)) {
      const pair = `${older} < ${newer}`;
      expect({ pair, is: Math.sign(compareVersions(older, newer)) }).toEqual({ pair, is: -1 });
      expect({ pair, is: Math.sign(compareVersions(newer, older)) }).toEqual({ pair, is: 1 });
    }
  }
});

test('missing numbers are 0, and a leading v or a build says nothing', () => {
  for (const same of ['1.2', '1.2.0', 'v1.2.0', '1.2.0+build.7']) expect(compareVersions('1.2.0', same)).toBe(0);
});

test('what is no version at all still has an order, and equals itself', () => {
  for (const text of ['', 'dev', 'a1b2c3d']) expect(compareVersions(text, text)).toBe(0);
  expect(Math.sign(compareVersions('dev', 'main'))).toBe(-Math.sign(compareVersions('main', 'dev')));
});

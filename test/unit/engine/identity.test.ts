import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { isGone, isThere, ownIdentity } from '../../../src/engine/host/identity.ts';

const own = ownIdentity();

test('this very process is there, and not gone', () => {
  expect(isThere(own, own)).toBe(own.pidStart !== '');
  expect(isGone(own, own, 'host')).toBe(false);
});

test('a process that has ended is gone, and not there', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '0']);
  const ended = { ...own, pid };
  expect(isThere(ended, own)).toBe(false);
  expect(isGone(ended, own, 'host')).toBe(true);
});

test('another process with the same pid is not the one', () => {
  const earlier = { ...own, pidStart: '1' };
  expect(isThere(earlier, own)).toBe(false);
});

test.each([
  ['on another host', { host: 'elsewhere' }],
  ['of another boot', { bootId: 'before' }],
  ['in another container', { pidSpace: 'pid:[1]' }],
])('of a process %s nothing can be known', (_, other) => {
  expect(isThere({ ...own, ...other }, own)).toBe(false);
  expect(isGone({ ...own, ...other, pidStart: '1' }, own, 'host')).toBe(false);
});

test('a system that does not tell start times lets nobody be sure', () => {
  expect(isThere({ ...own, pidStart: '' }, own)).toBe(false);
});

test.each([
  ['process', true],
  ['host', true],
  ['network', false],
] as const)(
  'where a host is known by its name alone, one that shares a store by %s is taken for gone: %s',
  (reach, isSure) => {
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    const nameless = { ...own, bootId: '', pidSpace: '', pidStart: '' };
    expect(isGone({ ...nameless, pid }, nameless, reach)).toBe(isSure);
  },
);

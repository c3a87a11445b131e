import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { isGone, ownIdentity } from '../../../src/engine/identity.ts';

const own = ownIdentity();
const onLinux = { skip: process.platform !== 'linux' };

test('an identity says host, boot, pid namespace, pid and start', () => {
  expect(own).toMatchObject({ pid: process.pid, host: expect.any(String) as string });
  expect(ownIdentity()).toEqual(own);
});

test('on Linux the start is that of the kernel', onLinux, () => {
  expect(own.bootId).toMatch(/^[0-9a-f-]{36}$/);
  expect(own.pidSpace).toMatch(/^pid:\[\d+\]$/);
  expect(readFileSync('/proc/self/stat', 'utf8')).toContain(` ${own.pidStart} `);
});

test('this process is not gone', () => {
  expect(isGone(own, own)).toBe(false);
});

test('STORE §3.3 of another host, boot or container nothing is certain', () => {
  const pid = 4_000_000;
  for (const other of [{ host: 'elsewhere' }, { bootId: 'another' }, { pidSpace: 'pid:[1]' }]) {
    expect(isGone({ ...own, pid, ...other }, own)).toBe(false);
  }
  expect(isGone({ ...own, pid }, own)).toBe(true);
});

test('a pid that was given to another process is gone', onLinux, () => {
  expect(isGone({ ...own, pidStart: '1' }, own)).toBe(true);
  expect(isGone({ ...own, pidStart: '' }, own), 'its start was never known').toBe(false);
});

test('a child is there while it runs, and gone when it was killed, before it is reaped too', onLinux, async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")']);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  const pidStart = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  const identity = { ...own, pid: child.pid ?? 0, pidStart };
  expect(isGone(identity, own)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isGone(identity, own)).toBe(true);
});

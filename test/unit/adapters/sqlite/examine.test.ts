import { describe, expect, test } from 'vitest';
import { checkFileSystem, checkSpace, checkWal } from '../../../../src/adapters/sqlite/file/examine.ts';
import { checkClock } from '../../../../src/adapters/sql/clock-check.ts';

const mebibyte = 1024 * 1024;

describe('what a doctor says of', () => {
  test('a disk of this machine, and of network file systems, whose number may come signed', () => {
    expect(checkFileSystem(0xef53)).toEqual({ grade: 'ok', text: 'the file lies on a disk of this machine' });
    expect(checkFileSystem(0x6969)).toMatchObject({
      grade: 'fail',
      text: expect.stringMatching(/\(NFS\), whose locks do not hold/) as string,
      hint: expect.stringMatching(/move it to a disk/) as string,
    });
    expect(checkFileSystem(0xff534d42 | 0).text).toMatch(/\(CIFS\)/);
  });

  test('a WAL that nobody lets go', () => {
    expect(checkWal(4 * mebibyte)).toEqual({ grade: 'ok', text: 'the WAL has 4 MB' });
    expect(checkWal(900 * mebibyte)).toMatchObject({
      grade: 'warn',
      text: 'the WAL has grown to 900 MB: somebody keeps an old state open',
      hint: expect.stringMatching(/sqlite3/) as string,
    });
  });

  test('a disk that is nearly full', () => {
    expect(checkSpace(5000 * mebibyte).grade).toBe('ok');
    expect(checkSpace(7 * mebibyte)).toMatchObject({ grade: 'warn', text: 'the disk has only 7 MB free' });
  });

  test('a clock of the server that is beside ours, however long the answer took', () => {
    expect(checkClock({ before: 10_000, after: 60_000, server: 30_000 }).grade).toBe('ok');
    expect(checkClock({ before: 10_000, after: 10_100, server: 11_500 }).grade).toBe('ok');
    expect(checkClock({ before: 10_000, after: 10_100, server: 100_100 })).toMatchObject({
      grade: 'warn',
      text: 'its clock is 90 s ahead of that of this machine',
    });
    expect(checkClock({ before: 100_000, after: 100_100, server: 10_000 }).text).toMatch(/90 s behind/);
  });
});

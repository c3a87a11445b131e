import { describe, expect, test } from 'vitest';
import { Summary } from '../../../../examples/01-access-log/src/summary.ts';

function line(path: string, client = 'c', day = '2026-01-01', bytes = 1) {
  return { path, client, day, bytes };
}

describe('Summary', () => {
  test('is empty without lines', () => {
    expect(new Summary().report(10)).toEqual({ requests: 0, bytes: 0, malformed: 0, days: [], paths: [], clients: [] });
  });

  test('adds up per day, path and client, days by date', () => {
    const summary = new Summary();
    summary.add(line('/a', 'x', '2026-01-02', 10));
    summary.add(line('/b', 'y', '2026-01-01', 0));
    summary.add(line('/a', 'y', '2026-01-02', 5));
    summary.malformed = 3;
    expect(summary.report(10)).toEqual({
      requests: 3,
      bytes: 15,
      malformed: 3,
      days: [
        { day: '2026-01-01', requests: 1, bytes: 0 },
        { day: '2026-01-02', requests: 2, bytes: 15 },
      ],
      paths: [
        { path: '/a', requests: 2, bytes: 15 },
        { path: '/b', requests: 1, bytes: 0 },
      ],
      clients: [
        { client: 'y', requests: 2, bytes: 5 },
        { client: 'x', requests: 1, bytes: 10 },
      ],
    });
  });

  test('lists the most asked for, equals by name, and no more than wanted', () => {
    const summary = new Summary();
    for (const path of ['/b', '/c', '/a', '/c', '/B']) summary.add(line(path));
    expect(summary.report(3).paths.map(({ path }) => path)).toEqual(['/c', '/B', '/a']);
  });

  test('takes paths for names, also those that an object has of its own', () => {
    const summary = new Summary();
    for (const path of ['__proto__', 'constructor', '__proto__']) summary.add(line(path));
    expect(summary.report(10).paths.map(({ path, requests }) => [path, requests])).toEqual([
      ['__proto__', 2],
      ['constructor', 1],
    ]);
  });

  test('gives back the characters that the log held as UTF-8', () => {
    const summary = new Summary();
    summary.add(line(Buffer.from('/日志').toString('latin1')));
    expect(summary.report(1).paths[0]?.path).toBe('/日志');
  });
});

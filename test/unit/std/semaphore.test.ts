import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Semaphore } from '../../../src/std/semaphore.ts';

test('lets in as many as its size, then tells the others to come again', () => {
  const semaphore = new Semaphore(2);
  const first = semaphore.tryAcquire();
  expect(semaphore.free).toBe(1);
  expect(semaphore.tryAcquire()).toBeTypeOf('function');
  expect(semaphore.tryAcquire()).toBeUndefined();
  first?.();
  expect(semaphore.free).toBe(1);
});

test('a second release of one place does nothing', () => {
  const semaphore = new Semaphore(1);
  const release = semaphore.tryAcquire();
  release?.();
  release?.();
  expect(semaphore.free).toBe(1);
});

test('those who wait are let in first come, first served', async () => {
  const semaphore = new Semaphore(1);
  const order: number[] = [];
  const release = await semaphore.acquire();
  const waiting = [1, 2, 3].map(async (number) => {
    const next = await semaphore.acquire();
    order.push(number);
    next();
  });
  release();
  await Promise.all(waiting);
  expect(order).toEqual([1, 2, 3]);
});

test('nobody slips in between a release and the one who waits', async () => {
  const semaphore = new Semaphore(1);
  const release = await semaphore.acquire();
  const waiting = semaphore.acquire();
  release();
  expect(semaphore.tryAcquire()).toBeUndefined();
  (await waiting)();
  expect(semaphore.free).toBe(1);
});

describe('a signal', () => {
  test('takes the waiter out of the line and rejects with its reason', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    const stop = new AbortController();
    const reason = new Error('stop');
    const leaving = semaphore.acquire(stop.signal);
    const staying = semaphore.acquire();
    stop.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    release();
    (await staying)();
    expect(semaphore.free).toBe(1);
  });

  test('that has aborted before takes no place', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.acquire(AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
    expect(semaphore.free).toBe(1);
  });

  test('that aborts after the place was given changes nothing', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    const stop = new AbortController();
    const waiting = semaphore.acquire(stop.signal);
    release();
    stop.abort(new Error('too late'));
    (await waiting)();
    expect(semaphore.free).toBe(1);
  });
});

describe('its size', () => {
  test('made larger lets in those who wait', async () => {
    const semaphore = new Semaphore(0);
    const waiting = [semaphore.acquire(), semaphore.acquire(), semaphore.acquire()];
    semaphore.size = 2;
    await Promise.all(waiting.slice(0, 2));
    expect(semaphore.free).toBe(0);
    semaphore.size = Infinity;
    await Promise.all(waiting);
  });

  test('made smaller lets nobody in until enough have left', () => {
    const semaphore = new Semaphore(3);
    const releases = [semaphore.tryAcquire(), semaphore.tryAcquire(), semaphore.tryAcquire()];
    semaphore.size = 1;
    expect(semaphore.free).toBe(0);
    releases[0]?.();
    releases[1]?.();
    expect(semaphore.tryAcquire()).toBeUndefined();
    releases[2]?.();
    expect(semaphore.free).toBe(1);
  });

  test.each([-1, 1.5, Number.NaN])('is never %s', (size) => {
    expect(() => new Semaphore(size)).toThrow(RangeError);
    const semaphore = new Semaphore(1);
    expect(() => (semaphore.size = size)).toThrow(RangeError);
    expect(semaphore.size).toBe(1);
  });
});

test('in any order of events at most its size are inside and none who may enter waits', async () => {
  const events = fc.array(fc.constantFrom('acquire', 'abort', 'release', 'grow', 'shrink'), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(events, async (names) => {
      const semaphore = new Semaphore(2);
      const inside: (() => void)[] = [];
      const waiting = new Set<AbortController>();
      for (const name of names) {
        const before = inside.length;
        if (name === 'acquire') {
          const stop = new AbortController();
          waiting.add(stop);
          void semaphore.acquire(stop.signal).then(
            (release) => waiting.delete(stop) && inside.push(release),
            () => waiting.delete(stop),
          );
        }
        if (name === 'abort') [...waiting].at(0)?.abort(new Error('left'));
        if (name === 'release') inside.shift()?.();
        if (name === 'grow') semaphore.size += 1;
        if (name === 'shrink') semaphore.size = Math.max(0, semaphore.size - 1);
        await new Promise((resolve) => setImmediate(resolve));
        if (inside.length > before) expect(inside.length).toBeLessThanOrEqual(semaphore.size);
        if (waiting.size > 0) expect(inside.length).toBeGreaterThanOrEqual(semaphore.size);
        expect(semaphore.free).toBe(Math.max(0, semaphore.size - inside.length));
      }
    }),
    { numRuns: 200 },
  );
});

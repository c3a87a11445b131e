import { expect, expectTypeOf, test } from 'vitest';
import { createDeferred } from '../../../src/std/deferred.ts';

test('resolves from outside, and knows that it was settled', async () => {
  const deferred = createDeferred<number>();
  expect(deferred.settled).toBe(false);
  deferred.resolve(5);
  expect(deferred.settled).toBe(true);
  await expect(deferred.promise).resolves.toBe(5);
  expectTypeOf(deferred.promise).toEqualTypeOf<Promise<number>>();
});

test('rejects from outside', async () => {
  const deferred = createDeferred<void>();
  deferred.reject(new Error('no'));
  expect(deferred.settled).toBe(true);
  await expect(deferred.promise).rejects.toThrow('no');
});

test('the first call counts', async () => {
  const deferred = createDeferred<string>();
  deferred.resolve('first');
  deferred.resolve('second');
  deferred.reject(new Error('third'));
  await expect(deferred.promise).resolves.toBe('first');
});

test('its functions may be handed on alone', async () => {
  const { promise, resolve } = createDeferred<string>();
  setImmediate(resolve, 'later');
  await expect(promise).resolves.toBe('later');
});

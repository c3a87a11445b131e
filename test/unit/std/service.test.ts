import { expect, test } from 'vitest';
import { type Service, startAll, stopAll } from '../../../src/std/service.ts';

test('services start in order and stop in reverse', async () => {
  const { calls, service } = recorder();
  const services = [service('store'), service('journal'), service('worker')];
  await startAll(services);
  await stopAll(services);
  expect(calls).toEqual(['+store', '+journal', '+worker', '-worker', '-journal', '-store']);
});

test('each waits for the one before', async () => {
  const order: string[] = [];
  const slow: Service = {
    name: 'slow',
    start: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push('slow is up');
    },
    stop: () => Promise.resolve(),
  };
  const next: Service = { name: 'next', start: async () => void order.push('next'), stop: () => Promise.resolve() };
  await startAll([slow, next]);
  expect(order).toEqual(['slow is up', 'next']);
});

test('a failed start stops what has started, in reverse, and throws the very error', async () => {
  const { calls, service } = recorder();
  const error = new Error('port 80 is taken', { cause: 'EADDRINUSE' });
  const services = [service('store'), service('worker'), service('http', { start: error }), service('page')];
  await expect(startAll(services)).rejects.toBe(error);
  expect(calls).toEqual(['+store', '+worker', '+http', '-worker', '-store']);
});

test('a failed start whose clean-up fails too tells of all, with the start as the cause', async () => {
  const { calls, service } = recorder();
  const first = new Error('port 80 is taken');
  const second = new Error('disk full');
  const services = [service('store'), service('journal', { stop: second }), service('http', { start: first })];
  const thrown = await startAll(services).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(AggregateError);
  expect(thrown).toMatchObject({
    message: 'http did not start, and then journal did not stop',
    errors: [first, second],
    cause: first,
  });
  expect(calls.slice(-2)).toEqual(['-journal', '-store']);
});

test('every service is stopped even when others fail, then one AggregateError tells of all', async () => {
  const { calls, service } = recorder();
  const [first, second] = [new Error('one'), new Error('two')];
  const services = [service('a', { stop: second }), service('b'), service('c', { stop: first })];
  const thrown = await stopAll(services).catch((error: unknown) => error);
  expect(calls).toEqual(['-c', '-b', '-a']);
  expect(thrown).toMatchObject({ name: 'AggregateError', errors: [first, second], message: 'c, a did not stop' });
});

test('a service that throws instead of rejecting is no exception', async () => {
  const { calls, service } = recorder();
  const error = new Error('synchronous');
  const rude: Service = {
    name: 'rude',
    start: () => {
      throw error;
    },
    stop: () => {
      throw error;
    },
  };
  await expect(startAll([service('a'), rude])).rejects.toBe(error);
  await expect(stopAll([service('a'), rude])).rejects.toThrow(AggregateError);
  expect(calls).toEqual(['+a', '-a', '-a']);
});

function recorder() {
  const calls: string[] = [];
  const service = (name: string, fail: { start?: Error; stop?: Error } = {}): Service => ({
    name,
    start: async () => {
      calls.push(`+${name}`);
      if (fail.start) throw fail.start;
    },
    stop: async () => {
      calls.push(`-${name}`);
      if (fail.stop) throw fail.stop;
    },
  });
  return { calls, service };
}

// Fast: concurrency, as its documentation advises for work that waits. Redis writes its log to disk once a second, which
// is what the documentation of BullMQ asks for: a crash of the server loses up to a second of what was accepted.
import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

/**
 * @param {{ url: string, fast: boolean }} options
 * @returns {import('../contenders.mjs').System}
 */
export async function open({ url, fast }) {
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const name = `noop-${randomUUID()}`;
  await syncEverySecond(url);
  const queue = new Queue(name, { connection, defaultJobOptions: { removeOnComplete: true } });
  await queue.waitUntilReady();
  return {
    batch: 1_000,
    enqueue: async (from, size) => {
      await queue.addBulk(Array.from({ length: size }, (_, n) => ({ name: 'noop', data: { n: from + n } })));
    },
    work: async (onBegin) => {
      const worker = new Worker(name, async () => onBegin(), { connection, ...(fast && { concurrency: 200 }) });
      worker.on('error', (error) => console.error(String(error)));
      await worker.waitUntilReady();
      return () => worker.close();
    },
    enqueueOne: async () => {
      await queue.add('noop', { n: 0 });
    },
    close: async () => {
      await queue.obliterate({ force: true });
      await queue.close();
    },
  };
}

async function syncEverySecond(url) {
  const redis = new Redis(url);
  await redis.config('SET', 'appendfsync', 'everysec');
  await redis.quit();
}

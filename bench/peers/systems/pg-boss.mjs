// Fast: bare fetch and complete of 500, as its documentation shows for those who write their own loop; a queue that
// notifies, for the latency. Defaults: `work` with its own settings, one job every 2 seconds.
import { PgBoss } from 'pg-boss';

/**
 * @param {{ url: string, fast: boolean }} options
 * @returns {import('../contenders.mjs').System}
 */
export async function open({ url, fast }) {
  const boss = new PgBoss({ connectionString: url, useListenNotify: fast });
  boss.on('error', (error) => console.error(String(error)));
  await boss.start();
  await boss.createQueue('noop', { notify: fast });
  return {
    batch: 1_000,
    enqueue: async (from, size) => {
      await boss.insert(
        'noop',
        Array.from({ length: size }, (_, n) => ({ data: { n: from + n } })),
      );
    },
    work: async (onBegin, purpose) => {
      if (fast && purpose !== 'latency') return drainByHand(boss, onBegin);
      const options = fast ? { batchSize: 500, burstWhenBatchFull: true } : {};
      const id = await boss.work('noop', options, async (jobs) => {
        for (let i = 0; i < jobs.length; i++) onBegin();
      });
      return () => boss.offWork('noop', { id });
    },
    enqueueOne: async () => {
      await boss.send('noop', { n: 0 });
    },
    close: () => boss.stop({ graceful: false }),
  };
}

async function drainByHand(boss, onBegin) {
  const leaving = new AbortController();
  const loop = async () => {
    while (!leaving.signal.aborted) {
      const jobs = await boss.fetch('noop', { batchSize: 500 });
      if (jobs.length === 0) return;
      for (let i = 0; i < jobs.length; i++) onBegin();
      await boss.complete(
        'noop',
        jobs.map(({ id }) => id),
      );
    }
  };
  const loops = Promise.all([loop(), loop(), loop(), loop()]);
  return async () => {
    leaving.abort();
    await loops;
  };
}

// onejob itself, from the built package beside this folder.
import { createApp, createClient, defineJob } from '../../../dist/index.js';

/**
 * @param {{ url: string, fast: boolean }} options
 * @returns {import('../contenders.mjs').System}
 */
export async function open({ url, fast }) {
  let begun = () => {};
  const noop = defineJob({ name: 'noop', run: () => begun() });
  const three = defineJob({
    name: 'three-steps',
    async run({ step }) {
      await step('a', () => 1);
      await step('b', () => 2);
      await step('c', () => 3);
      begun();
    },
  });
  const client = createClient({ store: url });
  /** Who asks for one run: the process that works, as with DBOS, while it does. */
  let asker = client;

  const work = async (onBegin) => {
    begun = onBegin;
    const app = createApp({
      jobs: [noop, three],
      store: url,
      ...(fast && { concurrency: 500 }),
      log: { level: 'warn' },
    });
    await app.start();
    asker = app.client;
    return async () => {
      asker = client;
      await app.stop();
    };
  };

  return {
    batch: fast ? 10_000 : 1_000,
    enqueue: async (from, size) => {
      await client.enqueueMany(noop, itemsOf(from, size));
    },
    enqueueThree: async (from, size) => {
      await client.enqueueMany(three, itemsOf(from, size));
    },
    work,
    enqueueOne: async () => {
      await asker.enqueue(noop, { n: 0 });
    },
    close: () => client.close(),
  };
}

function itemsOf(from, size) {
  return Array.from({ length: size }, (_, n) => ({ input: { n: from + n } }));
}

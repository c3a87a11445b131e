// Workflows are started in the process that executes them, which is DBOS's fastest way; its queues poll once a second.
import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';

let onBegin = () => {};
const noop = DBOS.registerWorkflow(async () => onBegin(), { name: 'noop' });
const three = DBOS.registerWorkflow(
  async () => {
    await DBOS.runStep(async () => 1, { name: 'a' });
    await DBOS.runStep(async () => 2, { name: 'b' });
    await DBOS.runStep(async () => 3, { name: 'c' });
  },
  { name: 'three-steps' },
);

/**
 * @param {{ url: string, fast: boolean }} options
 * @returns {import('../contenders.mjs').System}
 */
export async function open({ url, fast }) {
  DBOS.setConfig({
    name: `bench-${randomUUID().slice(0, 8)}`,
    systemDatabaseUrl: url,
    logLevel: 'error',
    ...(fast && { systemDatabasePoolSize: 50 }),
  });
  await DBOS.launch();
  return {
    batch: 100,
    runThree: async () => {
      const handle = await DBOS.startWorkflow(three)();
      await handle.getResult();
    },
    work: async (begun) => {
      onBegin = begun;
      return async () => {};
    },
    enqueueOne: async () => {
      await DBOS.startWorkflow(noop)();
    },
    close: () => DBOS.shutdown(),
  };
}

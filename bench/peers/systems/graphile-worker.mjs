// https://worker.graphile.org/docs/performance: a local queue and completions in batches are its documented fast path.
import { Logger, makeWorkerUtils, run } from 'graphile-worker';

/**
 * @param {{ url: string, fast: boolean }} options
 * @returns {import('../contenders.mjs').System}
 */
export async function open({ url, fast }) {
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  await utils.migrate();
  const batched = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
  return {
    batch: 1_000,
    enqueue: async (from, size) => {
      await utils.addJobs(Array.from({ length: size }, (_, n) => ({ identifier: 'noop', payload: { n: from + n } })));
    },
    work: async (onBegin) => {
      const runner = await run({
        connectionString: url,
        logger,
        noHandleSignals: true,
        taskList: { noop: () => onBegin() },
        ...(fast && { concurrency: 24, preset: { worker: batched } }),
      });
      return () => runner.stop();
    },
    enqueueOne: async () => {
      await utils.addJob('noop', { n: 0 });
    },
    close: () => utils.release(),
  };
}

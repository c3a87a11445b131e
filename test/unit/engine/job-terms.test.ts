import { expect, test } from 'vitest';
import { jobTerms } from '../../../src/engine/worker/job-terms.ts';
import { defineJob } from '../../../src/job/define.ts';
import { definePipeline } from '../../../src/job/pipeline.ts';
import { Registry } from '../../../src/job/registry.ts';
import { openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

const job = (name: string, queue?: string) => defineJob({ name, ...(queue && { queue }), run: () => name });

test('a worker says of each job what those need who have only its name', () => {
  const pipeline = definePipeline({ name: 'b', timeout: '5s', deadline: '1m', maxCrashes: 5 })
    .step('one', () => undefined)
    .onFailure(() => undefined);
  expect(jobTerms(new Registry([job('a', 'mail'), pipeline]))).toEqual([
    { name: 'a', timeoutMs: null, deadlineMs: null, maxCrashes: 3, callbacks: 'none' },
    { name: 'b', timeoutMs: 5_000, deadlineMs: 60_000, maxCrashes: 5, callbacks: 'failure' },
  ]);
  expect(jobTerms(new Registry([]))).toEqual([]);
});

test('runs of a job that was moved to another queue are taken where they lie', async () => {
  const first = openApp([job('items', 'post')]);
  const { id } = await first.app.client.enqueue('items');
  const { app } = openApp([job('items', 'mail')], { store: await first.app.openStore() });
  await app.start();
  expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded', queue: 'post' });
});

test('VT-5 a run that was enqueued by name only is taken, and has the time-out of its job', async () => {
  const { app } = openApp([
    defineJob({ name: 'slow', queue: 'mail', timeout: '50ms', grace: 0, run: () => new Promise(() => undefined) }),
  ]);
  await app.start();
  const handle = await app.client.enqueue({ name: 'slow' } as never);
  await until('it has ended', async () => (await app.client.find(handle.id)).state === 'failed');
  expect(await app.client.find(handle.id)).toMatchObject({ queue: 'default', error: { code: 'RUN_TIMED_OUT' } });
});

test('a queue with more than its share of the slots gets the slots that others leave', async () => {
  let running = 0;
  const { app } = openApp(
    [
      job('idle'),
      defineJob({
        name: 'busy',
        queue: 'mail',
        run: ({ signal }) =>
          new Promise((_, reject) => {
            running++;
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          }),
      }),
    ],
    { concurrency: 8 },
  );
  await app.client.enqueueMany(
    'busy',
    Array.from({ length: 8 }, () => ({ input: undefined })),
  );
  await app.start();
  await until('all slots are used', () => running === 8);
});

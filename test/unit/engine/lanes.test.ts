import { expect, test } from 'vitest';
import { lanesOf } from '../../../src/engine/lanes.ts';
import { defineJob } from '../../../src/job/define.ts';
import { Registry } from '../../../src/job/registry.ts';
import { openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

const job = (name: string, queue?: string) => defineJob({ name, ...(queue && { queue }), run: () => name });

test('a worker asks for each queue of its jobs, and for all jobs in the default one', () => {
  const registry = new Registry([job('a'), job('b', 'mail'), job('c', 'mail')]);
  expect(lanesOf(registry, 10)).toEqual([
    { queue: 'default', jobs: ['a', 'b', 'c'], free: 5 },
    { queue: 'mail', jobs: ['b', 'c'], free: 5 },
  ]);
  expect(lanesOf(new Registry([]), 10)).toEqual([]);
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

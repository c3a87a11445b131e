import { expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { definePipeline } from '../../../src/job/pipeline.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

/** Begins, and rejects with the signal's reason as soon as it aborts. */
function endless() {
  const begun = createDeferred<void>();
  const work = (signal: AbortSignal): Promise<never> => {
    begun.resolve();
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  };
  return { begun: begun.promise, work };
}

const interrupted = { state: 'cancelled', error: { code: 'RUN_INTERRUPTED' } };

test('VT-4 what it cancels is called back, by whoever comes next', async () => {
  const { begun, work } = endless();
  const called: unknown[] = [];
  const job = definePipeline({ name: 'top' })
    .step('one', (_, { signal }) => work(signal))
    .onFailure(({ state }) => void called.push(state));
  const { app, run } = openApp([job]);
  const running = run('top', { key: 'k' });
  await begun;
  app.interrupt('SIGINT');
  const { id } = await running;
  expect(await app.client.find(id)).toMatchObject(interrupted);

  const next = openApp([job], { store: await app.openStore() });
  await next.app.start();
  await until('it is called', () => called.length > 0);
  expect(called).toEqual(['cancelled']);
  const [callback] = (await next.app.client.list({ parent: id })).items;
  expect(await next.app.client.wait(`${callback?.id}`, { timeout: '50s' })).toMatchObject({ state: 'succeeded' });
});

test('EGO-4 a parent that another worker has is cancelled with its child', async () => {
  const { begun, work } = endless();
  const kid = defineJob({ name: 'kid', run: ({ signal }) => work(signal) });
  const parent = defineJob({
    name: 'parent',
    run: ({ step }) => Promise.all([step.run('kid', kid, undefined), step.wait('go').then(() => step.wait('never'))]),
  });
  // One slot, which the child has: what comes due is the other's.
  const { app, run } = openApp([kid, parent], { concurrency: 1, limits: { parkAfter: 1 }, node: 'first' });
  const running = run('parent', { key: 'k' });
  await begun;
  await until('the parent is parked', async () => (await app.client.get('k'))?.state === 'waiting');
  const other = openApp([parent], { store: await app.openStore(), limits: { parkAfter: '1h' }, node: 'other' });
  await other.app.start();
  await other.app.client.send('k', 'go', null);
  await until('the other has it', async () => (await app.client.get('k', { steps: true }))?.node === 'other');
  app.interrupt('SIGINT');
  expect(await app.client.wait('k', { timeout: '50s' })).toMatchObject(interrupted);
  await running;
});

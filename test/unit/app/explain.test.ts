import { expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { registration, newRun, termsOf } from '../../../src/testing/store-contract/harness/builders.ts';
import { openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

test('VT-22 a run that only waits and is not parked yet is said to wait, and for what', async () => {
  const child = defineJob({ name: 'child', run: ({ step }) => step.wait('go') });
  const job = defineJob({
    name: 'work',
    run: async ({ step }) => {
      await Promise.all([
        step.wait('approved'),
        step.wait('paid', { timeout: '2h' }),
        step.sleep(['cool off', 1], '3h'),
        step.run('resize', child, undefined),
        step('flaky', { retry: { attempts: 2, delay: '4h', jitter: 0 } }, () => Promise.reject(new Error('no luck'))),
      ]);
    },
  });
  const { app } = openApp([job, child], { limits: { parkAfter: '1h' }, node: 'vm-1' });
  await app.start();
  const { id } = await app.client.enqueue(job);
  await until('all have begun', async () => {
    const { steps = [] } = await app.client.find(id, { steps: true });
    return steps.filter(({ state }) => state === 'running').length === 5;
  });
  const { steps = [] } = await app.client.find(id, { steps: true });
  const { reason, text, remedy } = await app.client.explain(id);
  expect({ reason, remedy }).toEqual({ reason: 'running', remedy: null });
  expect(text).toMatch(/^it is running on vm-1, attempt 1; unless something of it executes, it waits for /);
  expect(text).toMatch(
    / approved \(an event\), paid \(an event for \d.* more\), cool off:1 \(a sleep for \d.* more\), /,
  );
  expect(text).toContain(`resize (the run ${steps.find(({ key }) => key === 'resize')?.child})`);
  expect(text).toMatch(/, flaky \(its next try, in \d.*\), and its handler is kept there until it parks$/);
});

test('VT-22 a run that executes is said to run', async () => {
  const job = defineJob({
    name: 'work',
    run: async ({ step }) => {
      await step.sleep('a moment', 1);
      await step('busy', ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)));
    },
  });
  const { app } = openApp([job], { node: 'vm-1' });
  await app.start();
  const { id } = await app.client.enqueue(job);
  await until('it has slept', async () => {
    const { steps = [] } = await app.client.find(id, { steps: true });
    return steps.some(({ state }) => state === 'succeeded');
  });
  expect(await app.client.explain(id)).toMatchObject({ reason: 'running', text: 'it is running on vm-1, attempt 1' });
});

test('VT-22 a run that was in execution when its worker crashed is said to wait for its turn', async () => {
  const job = defineJob({ name: 'work', run: ({ step }) => step.wait('go') });
  const { app } = openApp([job]);
  const store = await app.openStore();
  const gone = registration();
  await store.registerWorker(gone);
  const runs = ['a', 'b'].map((key) => newRun({ key, holder: gone.id }));
  await store.submit(runs);
  await store.evict([{ id: gone.id, seenHeartbeat: 0, counted: true }]);
  const heir = registration();
  await store.registerWorker(heir);
  await store.claim({ worker: heir.id, number: 1, jobs: [termsOf('work')], free: 5, turn: 0 });
  expect(await app.client.explain('b')).toMatchObject({
    reason: 'suspect',
    text: 'its worker crashed while it ran, perhaps because of it; of such runs each worker executes one at a time',
  });
});

import { expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import type { Step } from '../../../src/job/step.ts';
import { openApp } from '../../support/apps.ts';
import { job } from '../../support/job.ts';

const kid = defineJob({ name: 'kid', run: () => 1 });

test.each<[string, (step: Step) => unknown]>([
  ['at once', (step) => step('outer', { retry: { attempts: 3 } }, () => step.run('inner', kid, undefined))],
  [
    'later',
    (step) =>
      step('outer', async () => {
        await new Promise((resolve) => setImmediate(resolve));
        await step('inner', () => 1);
      }),
  ],
  ['with a time-out', (step) => step('outer', { timeout: '1m' }, () => step.sleep('inner', 1))],
])('a step that is asked for inside of a step, %s, is refused with a sentence', async (_, nest) => {
  const { run } = openApp([job(({ step }) => nest(step)), kid]);
  const error = {
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('"inner" was asked for inside of the step "outer"'),
  };
  expect(await run('work')).toMatchObject({ state: 'failed', error });
});

test('a run that the work of a step sets going has steps of its own', async () => {
  const other = defineJob({ name: 'other', run: ({ step }) => step('outer', () => 'done') });
  const opened = openApp([
    job(({ step }) => step('outer', async () => (await opened.app.client.enqueue(other)).result({ timeout: '50s' }))),
    other,
  ]);
  await opened.app.start();
  const { id } = await opened.app.client.enqueue('work');
  expect(await opened.app.client.wait(id, { timeout: '50s' })).toMatchObject({ state: 'succeeded', output: '"done"' });
});

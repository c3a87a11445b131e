import { expect, test } from 'vitest';
import { applyToAll, findAll } from '../../../src/app/client/many-runs.ts';
import { defineJob } from '../../../src/job/define.ts';
import { openApp } from '../../support/apps.ts';

const never = new AbortController().signal;

/** A parent and its child, which failed, and took its parent along. */
function family() {
  const calls: string[] = [];
  const child = defineJob({
    name: 'child',
    run: () => {
      calls.push('child');
      if (calls.length === 1) throw new Error('the first time');
      return 'done';
    },
  });
  const parent = defineJob({ name: 'parent', run: ({ step }) => step.run('child', child, undefined) });
  const lone = defineJob({
    name: 'lone',
    run: () => {
      throw new Error('always');
    },
  });
  return { calls, jobs: [parent, child, lone] };
}

for (const verb of ['retry', 'restart'] as const) {
  test(`to ${verb} all runs that failed does the work of a child once, through its parent`, async () => {
    const { calls, jobs } = family();
    const { app, run } = openApp(jobs);
    await app.start();
    const { client } = app;
    const { id } = await run('parent');
    const lone = await run('lone');
    const { runs, more } = await findAll(client, verb, { states: ['failed'] }, 100);
    expect({ ids: runs.map((each) => each.id), more }).toEqual({ ids: [lone.id, id], more: false });
    const changed = await applyToAll(runs, (ref) => client[verb](ref), never);
    expect(changed.map(({ verdict }) => verdict)).toEqual(['done', 'done']);
    expect(await client.wait(id, { timeout: '30s' })).toMatchObject({ state: 'succeeded', output: '"done"' });
    expect(calls).toEqual(['child', 'child']);
  });

  test(`to ${verb} a child whose parent is not among the runs is done`, async () => {
    const { jobs } = family();
    const { app, run } = openApp(jobs);
    await app.start();
    await run('parent');
    const { runs } = await findAll(app.client, verb, { job: 'child', states: ['failed'] }, 100);
    expect(runs.map(({ job }) => job)).toEqual(['child']);
  });
}

test('to cancel takes all', async () => {
  const { jobs } = family();
  const { app, run } = openApp(jobs);
  await app.start();
  await run('parent');
  const { runs } = await findAll(app.client, 'cancel', { states: ['failed'] }, 100);
  expect(runs.map(({ job }) => job).toSorted()).toEqual(['child', 'parent']);
});

import { expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

const good = defineJob({ name: 'good', run: () => 'done' });
const bad = defineJob({
  name: 'bad',
  run: () => {
    throw new Error('no luck');
  },
});
const patient = defineJob({ name: 'patient', run: ({ step }) => step.wait('go') });

test('what waits, runs and has ended is told in all and by job', async () => {
  const { app } = openApp([good, bad, patient], { limits: { parkAfter: 0 } });
  await app.start();
  for (const job of [good, good, good, bad]) await app.client.wait((await app.client.enqueue(job)).id);
  await app.client.enqueue(patient);
  await until('it waits', async () => (await app.client.list({ states: ['waiting'] })).items.length === 1);
  await app.client.enqueue(good, undefined, { delay: '1h' });
  await app.client.pause({ type: 'job', name: 'bad' }, { reason: 'it fails' });
  await app.client.enqueue(bad);
  const { at, live, ended, jobs, nodes, pauses } = await app.client.stats();
  expect(live).toMatchObject({ due: 1, later: 1, waiting: 1, running: 0, isPartial: false });
  expect(live.oldestDueAgeMs).toBeGreaterThanOrEqual(0);
  expect(ended).toMatchObject({ partMs: 3_600_000, failureShare: 0.25, isPartial: false, jobsSince: ended.since });
  expect(Date.parse(at) - Date.parse(ended.since)).toBe(24 * 3_600_000);
  expect([ended.succeeded.runs, ended.failed.runs, ended.cancelled.runs]).toEqual([3, 1, 0]);
  expect(ended.succeeded.series.length).toBe(24);
  expect(jobs).toMatchObject([
    { job: 'bad', paused: true, due: 1, succeeded: 0, failed: 1, failureShare: 1, p50Ms: null },
    { job: 'good', paused: false, due: 0, later: 1, succeeded: 3, failed: 0, failureShare: 0 },
    { job: 'patient', waiting: 1, failureShare: null },
  ]);
  expect(nodes).toMatchObject({ alive: 1, stalled: 0, drained: 0, slots: 10 });
  expect(pauses).toMatchObject([{ type: 'job', name: 'bad', reason: 'it fails' }]);
});

test('a drained node is not counted as alive', async () => {
  const { app } = openApp([good], { node: 'vm-1' });
  await app.start();
  await app.client.pause({ type: 'node', name: 'vm-1' });
  expect((await app.client.stats()).nodes).toMatchObject({ alive: 0, drained: 1, slots: 10 });
});

test('the time asked about is from an hour to thirty days', async () => {
  const { app } = openApp([good]);
  await expect(app.client.stats({ since: '59m' })).rejects.toMatchObject({ code: 'USAGE' });
  await expect(app.client.stats({ since: '31d' })).rejects.toMatchObject({ code: 'USAGE' });
  expect((await app.client.stats({ since: '30d' })).ended.partMs).toBe(30 * 3_600_000);
});

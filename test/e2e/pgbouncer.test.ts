import { expect, test } from 'vitest';
import { pgbouncerUrl } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { openGround } from '../support/worker-processes.ts';

test('workers behind PgBouncer in transaction mode do each step once, and take over from one that is killed', async () => {
  const ground = await openGround('postgres', { lease: '1s' });
  const way = new URL(pgbouncerUrl());
  way.search = new URL(ground.store).search;
  const workers = [await ground.worker({ store: way.href }), await ground.worker({ store: way.href })];
  const items = Array.from({ length: 30 }, () => ({ input: { steps: 3, ms: 20 } }));
  const handles = await ground.client.enqueueMany('steps', items);
  await until('work goes on', () => ground.ledger().length > 20, 30_000);
  const [killed] = workers;
  killed?.kill('SIGKILL');
  await Promise.all(handles.map((handle) => handle.result({ timeout: '60s' })));
  const others = ground.ledger().filter(({ pid }) => pid !== killed?.pid);
  expect(new Set(others.map(({ run, step }) => `${run} ${step}`)).size).toBe(others.length);
  const runs = await ground.client.getMany(handles.map(({ id }) => id));
  expect(runs.every((run) => run?.state === 'succeeded' && run.output === '3')).toBe(true);
});

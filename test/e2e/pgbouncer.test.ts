import { expect, test } from 'vitest';
import { pgbouncerUrl } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { openFixture } from '../support/worker-processes.ts';

test('workers behind PgBouncer in transaction mode do each step once, and take over from one that is killed', async () => {
  const fixture = await openFixture('postgres', { lease: '1s' });
  const way = new URL(pgbouncerUrl());
  way.search = new URL(fixture.store).search;
  const workers = [await fixture.worker({ store: way.href }), await fixture.worker({ store: way.href })];
  const items = Array.from({ length: 30 }, () => ({ input: { steps: 3, ms: 20 } }));
  const handles = await fixture.client.enqueueMany('steps', items);
  await until('work goes on', () => fixture.ledger().length > 20, 30_000);
  const [killed] = workers;
  killed?.kill('SIGKILL');
  await Promise.all(handles.map((handle) => handle.result({ timeout: '60s' })));
  const others = fixture.ledger().filter(({ pid }) => pid !== killed?.pid);
  expect(new Set(others.map(({ run, step }) => `${run} ${step}`)).size).toBe(others.length);
  const runs = await fixture.client.getMany(handles.map(({ id }) => id));
  expect(runs.every((run) => run?.state === 'succeeded' && run.output === '3')).toBe(true);
});

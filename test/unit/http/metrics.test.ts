import { Counter, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { readRarely } from '../../../src/http/metrics/read-rarely.ts';
import { collectMetrics } from '../../../src/http/metrics/collect.ts';
import { createHandler } from '../../../src/http/handler.ts';
import { defineJob } from '../../../src/job/define.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { fileStore, openApp } from '../../support/apps.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { awayStore } from '../../support/away-store.ts';
import { parseMetrics } from '../../support/prometheus.ts';
import { until } from '../../support/until.ts';

const job = defineJob({ name: 'work', run: async ({ step }) => void (await step('a', () => 1)) });
const broken = defineJob({ name: 'broken', run: () => Promise.reject(new Error('no')) });
const scrape = new Request('http://127.0.0.1/metrics');

test('EGO-21 /metrics tells of runs, slots, journal and store in the text of Prometheus', async () => {
  const { app, run } = openApp([job, broken]);
  const handler = createHandler(app, {});
  await run('work');
  await run('work');
  await run('broken');
  const response = await handler(scrape);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const families = parseMetrics(await response.text());
  const value = (name: string, labels: Record<string, string> = {}) =>
    [...families.values()]
      .flatMap(({ samples }) => samples)
      .find((each) => each.name === name && Object.entries(labels).every(([key, told]) => each.labels[key] === told))
      ?.value;
  expect(value('onejob_runs_ended_total', { job: 'work', trigger: 'api', outcome: 'succeeded' })).toBe(2);
  expect(value('onejob_runs_ended_total', { job: 'broken', outcome: 'failed' })).toBe(1);
  expect(value('onejob_attempts_started_total', { job: 'work' })).toBe(2);
  expect(value('onejob_attempt_duration_seconds_count', { job: 'work', outcome: 'succeeded' })).toBe(2);
  expect(value('onejob_journal_group_entries_sum', { batcher: 'records' })).toBe(5);
  expect(value('onejob_slots_used')).toBe(0);
  expect(value('onejob_store_up')).toBe(1);
  expect(value('onejob_store_away_seconds')).toBe(0);
  expect(value('onejob_info', { node: app.config.settings.node })).toBe(1);
  expect(value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
  for (const { name, type, help } of families.values()) {
    expect(help).not.toBe('');
    if (name.startsWith('onejob_')) expect(name.endsWith('_total')).toBe(type === 'counter');
  }
});

test('due runs are shown by job, and those that no living worker knows as one number', async () => {
  const store = await fileStore();
  const worker = openApp([job], { store, concurrency: 1 });
  const handler = createHandler(worker.app, {});
  await worker.app.start();
  await worker.app.client.pause({ type: 'job', name: 'work' });
  const elsewhere = openApp([job, broken, defineJob({ name: 'unheard', run: () => 1 })], { store }).app;
  for (const name of ['work', 'work', 'unheard']) await elsewhere.client.enqueue(name);
  const families = parseMetrics(await (await handler(scrape)).text());
  expect(families.get('onejob_due_runs')?.samples).toEqual([
    { name: 'onejob_due_runs', labels: { job: 'work' }, value: 2 },
  ]);
  expect(families.get('onejob_due_runs_unknown')?.samples[0]?.value).toBe(1);
  expect(families.get('onejob_due_oldest_age_seconds')?.samples[0]?.value).toBeGreaterThanOrEqual(0);
  expect(families.get('onejob_nodes')?.samples.map(({ labels, value }) => `${labels['state']} ${value}`)).toEqual([
    'living 1',
    'stalled 0',
  ]);
});

test('runs that the store ended are counted with the others; a job that nobody knows here is no label', async () => {
  const { app } = openApp([job]);
  const handler = createHandler(app, {});
  for (const name of ['work', 'work']) await app.client.cancel((await app.client.enqueue(name)).id);
  const stranger = openApp([], { store: await fileStore() });
  const elsewhere = createHandler(stranger.app, {});
  const { app: sender } = openApp([defineJob({ name: 'unheard', run: () => 1 })], {
    store: stranger.app.config.options.store ?? '',
  });
  const { id } = await sender.client.enqueue('unheard');
  await stranger.app.client.cancel(id);
  const countsOf = async (handle: typeof handler) =>
    parseMetrics(await (await handle(scrape)).text())
      .get('onejob_runs_ended_total')
      ?.samples.map(({ labels, value }) => [labels['job'], labels['outcome'], value]);
  expect(await countsOf(handler)).toEqual([['work', 'cancelled', 2]]);
  expect(await countsOf(elsewhere)).toEqual([['', 'cancelled', 1]]);
});

test('zombies are those that go on now', async () => {
  const held = createDeferred<void>();
  const deaf = defineJob({ name: 'deaf', timeout: 1, grace: 1, run: () => held.promise });
  const { app, run } = openApp([deaf]);
  const handler = createHandler(app, {});
  const zombies = async () => {
    const families = parseMetrics(await (await handler(scrape)).text());
    return ['onejob_zombies', 'onejob_zombies_total'].map((name) => families.get(name)?.samples[0]?.value);
  };
  await run('deaf');
  expect(await zombies()).toEqual([1, 1]);
  held.resolve();
  await until('it has ended', async () => (await zombies())[0] === 0);
  expect(await zombies()).toEqual([0, 1]);
});

test('while the store is away only that is shown of it, and what the process knows itself', async () => {
  const away = awayStore(await openSqliteStore({ path: ':memory:' }));
  const { app, run } = openApp([job], { store: away.store });
  const handler = createHandler(app, {});
  await run('work');
  away.isAway = true;
  const families = parseMetrics(await (await handler(scrape)).text());
  expect(families.get('onejob_store_up')?.samples[0]?.value).toBe(0);
  for (const name of ['onejob_nodes', 'onejob_due_runs', 'onejob_due_runs_unknown']) {
    expect(families.get(name)?.samples).toEqual([]);
  }
  expect(families.get('onejob_runs_ended_total')?.samples[0]?.value).toBe(1);
  away.isAway = false;
});

test('a registry of your own is filled, and served', async () => {
  const registry = new Registry();
  const mine = new Counter({ name: 'mine_total', help: 'mine', registers: [registry] });
  mine.inc();
  const { app, run } = openApp([job]);
  expect(collectMetrics(app, registry)).toBe(registry);
  expect(collectMetrics(app)).toBe(registry);
  await run('work');
  const families = parseMetrics(await (await createHandler(app, {})(scrape)).text());
  expect(families.get('mine_total')?.samples[0]?.value).toBe(1);
  expect(families.get('onejob_runs_ended_total')?.samples[0]?.value).toBe(1);
  expect([...families.keys()].some((name) => name.startsWith('process_'))).toBe(false);
});

test('metrics need the right read', async () => {
  const { app } = openApp([job]);
  const handler = createHandler(app, { token: 'secret' });
  expect((await handler(scrape)).status).toBe(401);
  const authorization = { Authorization: 'Bearer secret' };
  expect((await handler(new Request(scrape.url, { headers: authorization }))).status).toBe(200);
});

test('the store is asked rarely, by one question at a time, and not waited for', async () => {
  const answers = [createDeferred<number>(), createDeferred<number>()];
  let asked = 0;
  const sendRequest = readRarely(() => answers[asked++]!.promise, { everyMs: 0, patienceMs: 1 });
  expect(await sendRequest()).toBeNull();
  expect(await sendRequest()).toBeNull();
  expect(asked).toBe(1);
  answers[0]!.resolve(7);
  await answers[0]!.promise;
  const rare = readRarely(() => Promise.resolve(asked++), { everyMs: 60_000, patienceMs: 60_000 });
  expect([await rare(), await rare()]).toEqual([1, 1]);
});

import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { ownIdentity } from '../../../src/engine/host/identity.ts';
import { defineJob } from '../../../src/job/define.ts';
import type { Meter } from '../../../src/ports/meter.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { registration, newRun, termsOf } from '../../../src/testing/store-contract/harness/builders.ts';
import { openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

/** Keeps what it hears, a line each. */
class RecordingMeter implements Meter {
  readonly heard: string[] = [];
  readonly groups = new Map<string, number>();
  began: Meter['began'] = ({ job, trigger }) => void this.heard.push(`began ${job} by ${trigger}`);
  ended: Meter['ended'] = ({ job }, end, ms) => void this.heard.push(`ended ${job} ${end}${ms >= 0 ? '' : '?'}`);
  zombieHandler: Meter['zombieHandler'] = ({ job }) => void this.heard.push(`left ${job} behind`);
  internalError: Meter['internalError'] = ({ job }) => void this.heard.push(`${job} internal error`);
  settledLate: Meter['settledLate'] = ({ job }) => void this.heard.push(`${job} settled late`);
  endedByStore: Meter['endedByStore'] = ({ job, trigger }, outcome) =>
    void this.heard.push(`the store ended ${job} by ${trigger} as ${outcome}`);
  committed: Meter['committed'] = (batcher, entries) =>
    void this.groups.set(batcher, (this.groups.get(batcher) ?? 0) + entries);
  heartbeat: Meter['heartbeat'] = () => undefined;
  tookOver: Meter['tookOver'] = () => void this.heard.push('took over');
  evicted: Meter['evicted'] = () => void this.heard.push('evicted');
}

test('who measures an app hears of its attempts and groups until it stops listening', async () => {
  const job = defineJob({
    name: 'work',
    retry: { attempts: 2, delay: 0 },
    run: async ({ step, attempt }) => {
      await step('a', () => 1);
      if (attempt === 1) throw new Error('once more');
    },
  });
  const { app, run } = openApp([job]);
  const meter = new RecordingMeter();
  const stop = app.insight.measure(meter);
  await run('work');
  expect(meter.heard).toEqual(['began work by api', 'ended work retried', 'began work by api', 'ended work succeeded']);
  expect(meter.groups.get('records')).toBe(3);
  expect(meter.groups.get('submits')).toBe(1);
  stop();
  await run('work');
  expect(meter.heard).toHaveLength(4);
});

test('a handler that ignores its signal is counted when it is left behind, and when it ends after all', async () => {
  const never = createDeferred<void>();
  const job = defineJob({ name: 'deaf', timeout: 1, grace: 1, run: () => never.promise });
  const { app, run } = openApp([job]);
  const meter = new RecordingMeter();
  app.insight.measure(meter);
  await run('deaf');
  expect(meter.heard).toEqual(['began deaf by api', 'left deaf behind', 'ended deaf failed']);
  never.resolve();
  await until('it has ended', () => meter.heard.at(-1) === 'deaf settled late');
});

test('a run that is cancelled before anybody executes it is told as ended by the store, once', async () => {
  const job = defineJob({ name: 'work', run: () => 1 });
  const { app } = openApp([job]);
  const meter = new RecordingMeter();
  app.insight.measure(meter);
  const { id } = await app.client.enqueue(job);
  const [first, second] = await Promise.allSettled([app.client.cancel(id), app.client.cancel(id)]);
  expect([first.status, second.status].toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(meter.heard).toEqual(['the store ended work by api as cancelled']);
});

test('a run that is ended over its owner’s head is told as ended once, and its attempt as lost', async () => {
  const held = createDeferred<void>();
  const job = defineJob({ name: 'work', grace: '1h', run: () => held.promise });
  const { app } = openApp([job]);
  const meter = new RecordingMeter();
  app.insight.measure(meter);
  await app.start();
  const { id } = await app.client.enqueue(job);
  await until('it runs', () => meter.heard.length === 1);
  await app.client.cancel(id, 'enough', { now: true });
  held.resolve();
  await until('its attempt has ended', () => meter.heard.length === 3);
  expect(meter.heard.toSorted()).toEqual([
    'began work by api',
    'ended work lost',
    'the store ended work by api as cancelled',
  ]);
});

test('runs of dead workers that are at their limit of crashes are told as ended, also to who listens later', async () => {
  const store = await openSqliteStore({ path: ':memory:' });
  await store.migrate();
  await store.submit([newRun({ maxCrashes: 1, trigger: 'http' }), newRun({ maxCrashes: 2 })]);
  for (let n = 0; n < 2; n++) {
    const dead = registration({ identity: { ...ownIdentity(), pidStart: '0' } });
    await store.registerWorker(dead);
    await store.claim({ number: 1, worker: dead.id, jobs: [termsOf('work')], free: 1, turn: 0 });
  }
  const { app } = openApp([], { store });
  await app.openStore();
  const meter = new RecordingMeter();
  app.insight.measure(meter);
  expect(meter.heard).toEqual(['took over', 'the store ended work by http as failed']);
});

test('EGO-21 runs in execution are shown with age and open steps, and slots are counted', async () => {
  const [held, done] = [createDeferred<void>(), createDeferred<void>()];
  const job = defineJob({
    name: 'work',
    run: async ({ step }) => {
      await step('first', () => 1);
      await Promise.all([step(['charge', 7], () => held.promise), step.sleep('nap', '1h')]);
    },
  });
  const { app } = openApp([job]);
  expect(app.insight.health).toBeNull();
  expect(app.running.views).toEqual([]);
  void app
    .execute([{ job: 'work', trigger: 'api', key: 'k' }])
    .catch(() => undefined)
    .finally(done.resolve);
  await until('both steps are open', () => app.running.views[0]?.steps.length === 2);
  const [view] = app.running.views;
  expect(view).toMatchObject({ job: 'work', key: 'k', trigger: 'api', attempt: 1, thread: 'main', isWaiting: false });
  expect(view?.steps.map(({ key, kind }) => `${kind} ${key}`)).toEqual(['step charge:7', 'sleep nap']);
  expect(view?.ageMs).toBeGreaterThanOrEqual(0);
  expect(app.insight.health).toMatchObject({ usedSlots: 1, running: 1, storeAwayMs: null });
  held.resolve();
  await until('only the nap is open, and the slot is given up', () => app.insight.health?.usedSlots === 0);
  expect(app.running.views[0]).toMatchObject({ isWaiting: true, steps: [{ key: 'nap' }] });
  expect(app.insight.health?.running).toBe(1);
  app.interrupt('SIGTERM');
  await done.promise;
});

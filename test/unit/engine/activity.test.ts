import { expect, test } from 'vitest';
import { Activity } from '../../../src/engine/activity.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { turns } from '../../support/until.ts';

function setUp() {
  let told = 0;
  const activity = new Activity(() => told++);
  const wait = (what: string, until: number | null = null, owesTry = false) => activity.open({ what, until, owesTry });
  return { activity, wait, told: () => told };
}

test('only waits: something waits and nothing is in execution', async () => {
  const { activity, wait } = setUp();
  expect(activity.onlyWaits).toBe(false);
  const close = wait('event go');
  expect(activity.onlyWaits).toBe(true);
  const release = createDeferred<void>();
  const work = activity.work(() => release.promise);
  expect([activity.working, activity.onlyWaits]).toEqual([1, false]);
  release.resolve();
  await work;
  expect([activity.working, activity.onlyWaits]).toEqual([0, true]);
  close();
  close();
  expect(activity.onlyWaits).toBe(false);
});

test('work counts until it has ended, also when it fails', async () => {
  const { activity } = setUp();
  await expect(activity.work(() => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
  expect(activity.working).toBe(0);
});

test('a rest inside of work does not count', async () => {
  const { activity } = setUp();
  const rest = createDeferred<void>();
  const work = activity.work(() => activity.rest(() => rest.promise));
  await turns();
  expect(activity.working).toBe(0);
  rest.resolve();
  await work;
  expect(activity.working).toBe(0);
});

test('says what it waits for and when the first wait ends by itself', () => {
  const { activity, wait } = setUp();
  expect(activity.wakeAt).toBe(null);
  wait('a: event go');
  expect(activity.wakeAt).toBe(null);
  wait('b: sleep of 1m', 60_000);
  const close = wait('c: sleep of 1s', 1_000);
  expect(activity.wakeAt).toBe(1_000);
  expect(activity.waitingFor).toEqual(['a: event go', 'b: sleep of 1m', 'c: sleep of 1s']);
  close();
  expect(activity.wakeAt).toBe(60_000);
});

test('owes a try while a step waits for its next one', () => {
  const { activity, wait } = setUp();
  wait('a sleep', 5);
  expect(activity.owesTries).toBe(false);
  const close = wait('next try', 5, true);
  expect(activity.owesTries).toBe(true);
  close();
  expect(activity.owesTries).toBe(false);
});

test('who asks for the next change is told of it, and of no former one', async () => {
  const { activity, wait } = setUp();
  wait('a');
  let changed = false;
  void activity.changed().then(() => (changed = true));
  await turns();
  expect(changed).toBe(false);
  activity.freeze();
  await turns();
  expect(changed).toBe(true);
  expect(activity.frozen).toBe(1);
});

test('tells when nothing is in execution and something waits or is frozen', () => {
  const { activity, wait, told } = setUp();
  activity.begin();
  const close = wait('a');
  expect(told()).toBe(0);
  activity.end();
  expect(told()).toBe(1);
  close();
  expect(told()).toBe(1);
  activity.freeze();
  expect(told()).toBe(2);
});

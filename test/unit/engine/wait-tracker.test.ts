import { expect, test } from 'vitest';
import { WaitTracker } from '../../../src/engine/steps/wait-tracker.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { turns } from '../../support/until.ts';

function setUp() {
  let told = 0;
  const waitTracker = new WaitTracker(() => told++);
  const wait = (what: string, until: number | null = null, owesTry = false) =>
    waitTracker.open({ what, until, owesTry });
  return { waitTracker, wait, told: () => told };
}

test('only waits: something waits and nothing is in execution', async () => {
  const { waitTracker, wait } = setUp();
  expect(waitTracker.onlyWaits).toBe(false);
  const close = wait('event go');
  expect(waitTracker.onlyWaits).toBe(true);
  const release = createDeferred<void>();
  const work = waitTracker.work(() => release.promise);
  expect([waitTracker.working, waitTracker.onlyWaits]).toEqual([1, false]);
  release.resolve();
  await work;
  expect([waitTracker.working, waitTracker.onlyWaits]).toEqual([0, true]);
  close();
  close();
  expect(waitTracker.onlyWaits).toBe(false);
});

test('work counts until it has ended, also when it fails', async () => {
  const { waitTracker } = setUp();
  await expect(waitTracker.work(() => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
  expect(waitTracker.working).toBe(0);
});

test('a rest inside of work does not count', async () => {
  const { waitTracker } = setUp();
  const rest = createDeferred<void>();
  const work = waitTracker.work(() => waitTracker.rest(() => rest.promise));
  await turns();
  expect(waitTracker.working).toBe(0);
  rest.resolve();
  await work;
  expect(waitTracker.working).toBe(0);
});

test('says what it waits for and when the first wait ends by itself', () => {
  const { waitTracker, wait } = setUp();
  expect(waitTracker.wakeAt).toBe(null);
  wait('a: event go');
  expect(waitTracker.wakeAt).toBe(null);
  wait('b: sleep of 1m', 60_000);
  const close = wait('c: sleep of 1s', 1_000);
  expect(waitTracker.wakeAt).toBe(1_000);
  expect(waitTracker.waitingFor).toEqual(['a: event go', 'b: sleep of 1m', 'c: sleep of 1s']);
  close();
  expect(waitTracker.wakeAt).toBe(60_000);
});

test('owes a try while a step waits for its next one', () => {
  const { waitTracker, wait } = setUp();
  wait('a sleep', 5);
  expect(waitTracker.owesTries).toBe(false);
  const close = wait('next try', 5, true);
  expect(waitTracker.owesTries).toBe(true);
  close();
  expect(waitTracker.owesTries).toBe(false);
});

test('who asks for the next change is told of it, and of no former one', async () => {
  const { waitTracker, wait } = setUp();
  wait('a');
  let changed = false;
  void waitTracker.changed().then(() => (changed = true));
  await turns();
  expect(changed).toBe(false);
  waitTracker.freeze();
  await turns();
  expect(changed).toBe(true);
  expect(waitTracker.frozen).toBe(1);
});

test('tells when nothing is in execution and something waits or is frozen', () => {
  const { waitTracker, wait, told } = setUp();
  waitTracker.begin();
  const close = wait('a');
  expect(told()).toBe(0);
  waitTracker.end();
  expect(told()).toBe(1);
  close();
  expect(told()).toBe(1);
  waitTracker.freeze();
  expect(told()).toBe(2);
});

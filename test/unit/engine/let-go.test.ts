import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { RunId } from '../../../src/job/run.ts';
import type { Action } from '../../../src/ports/store-action.ts';
import type { Entry } from '../../../src/ports/store-entry.ts';
import type { Store } from '../../../src/ports/store.ts';
import { cancelOf, eventTo } from '../../../src/testing/store-contract/harness/builders.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { openApp } from '../../support/apps.ts';
import { job } from '../../support/job.ts';
import { turns, until } from '../../support/until.ts';

/** A store in which something is asked of a run in the very moment in which its owner first lets it go. */
async function storeWithLate(actionOf: (run: RunId) => Action, kind: Entry['kind']): Promise<Store> {
  const real = await openSqliteStore({ path: ':memory:' });
  let isLate = true;
  const record: Store['record'] = async (batch) => {
    const entry = batch.entries.find((each) => each.kind === kind);
    if (entry && isLate) {
      isLate = false;
      await real.act([actionOf(entry.run)]);
    }
    return real.record(batch);
  };
  return new Proxy(real, {
    get(target, name) {
      if (name === 'record') return record;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const cancel = (run: RunId) => cancelOf(run, { actor: 'ann', reason: 'wrong shop' });
const error = { code: 'RUN_CANCELLED', message: 'cancelled by ann: wrong shop' };

test('a cancel that comes with the end of an attempt is the end of the run: there is no next one', async () => {
  const attempts: number[] = [];
  const ends: unknown[] = [];
  const fails = job(
    ({ attempt }) => {
      attempts.push(attempt);
      throw new Error('again');
    },
    { retry: { attempts: 5, delay: 0 } },
  );
  const { run } = openApp([fails], {
    store: await storeWithLate(cancel, 'handBack'),
    hooks: { afterRun: (_, end) => void ends.push([end.state, end.error?.code]) },
  });
  expect(await run('work')).toMatchObject({ state: 'cancelled', error });
  expect(attempts).toEqual([1]);
  expect(ends).toEqual([['cancelled', 'RUN_CANCELLED']]);
});

test('a cancel that comes with the parking of a run is its end, and the handler that waits is told', async () => {
  const ends: unknown[] = [];
  let heard: unknown;
  const waits = job(async ({ step, signal }) => {
    signal.addEventListener('abort', () => (heard = signal.reason));
    await step.wait('go');
  });
  const { run } = openApp([waits], {
    store: await storeWithLate(cancel, 'suspend'),
    limits: { parkAfter: 1 },
    hooks: { afterRun: (_, end) => void ends.push([end.state, end.error?.code]) },
  });
  expect(await run('work')).toMatchObject({ state: 'cancelled', error });
  await until('the hook was called', () => ends.length > 0);
  expect(ends).toEqual([['cancelled', 'RUN_CANCELLED']]);
  expect(heard).toMatchObject({ code: 'RUN_CANCELLED' });
});

test('mail that comes with the parking of a run is read by its next attempt', async () => {
  const store = await storeWithLate((run) => eventTo(run, 'go', '7'), 'suspend');
  const { run } = openApp([job(({ step }) => step.wait('go'))], { store, limits: { parkAfter: 1 } });
  expect(await run('work')).toMatchObject({ state: 'succeeded', output: '7' });
});

test('a handler that goes on after its attempt was parked begins no step, and hears of no error', async () => {
  const work = createDeferred<void>();
  const heard: unknown[] = [];
  const { app } = openApp(
    [
      job(async ({ step }) => {
        const event = step.wait('go');
        await work.promise;
        await step('late', () => void heard.push('late')).catch((error: unknown) => heard.push(error));
        await event;
      }),
    ],
    { limits: { parkAfter: 1 } },
  );
  await app.start();
  const { id } = await app.client.enqueue('work', undefined);
  await until('it is parked', async () => (await app.client.get(id))?.state === 'waiting');
  work.resolve();
  await turns(20);
  expect(heard).toEqual([]);
  await app.client.send(id, 'go');
  await until('it has ended', async () => (await app.client.get(id))?.state === 'succeeded');
  expect(heard).toEqual(['late']);
});

import { afterEach, describe, expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { armFailpoint, disarmFailpoints } from '../../../src/std/failpoint.ts';
import { openApp } from '../../support/apps.ts';
import { job } from '../../support/job.ts';
import { until } from '../../support/until.ts';

afterEach(disarmFailpoints);

describe('an answer of the store that is lost after the commit', () => {
  test.each([1, 2, 3, 4])('of group %i of the records changes nothing: the group is sent again', async (nth) => {
    const calls: string[] = [];
    const { run, steps } = openApp([
      job(async ({ step }) => {
        await step('one', () => calls.push('one'));
        await step('two', { retry: { attempts: 2, delay: 0 } }, ({ attempt }) => {
          calls.push(`two ${attempt}`);
          if (attempt === 1) throw new Error('again');
        });
        return step('three', () => calls.push('three'));
      }),
    ]);
    armFailpoint('store.record.committed', 'throw', { after: nth - 1, times: 2 });
    const ended = await run('work');
    expect(ended).toMatchObject({ state: 'succeeded', output: '4' });
    expect(calls).toEqual(['one', 'two 1', 'two 2', 'three']);
    expect(await steps(ended.id)).toEqual(['one succeeded 1', 'two succeeded 2', 'three succeeded 1']);
  });

  test('of a suspension parks the run once, and it wakes', async () => {
    const { app, run } = openApp([job(({ step }) => step.wait('go'))], { limits: { parkAfter: 1 } });
    armFailpoint('store.record.committed', 'throw', { times: 1 });
    const running = run('work', { key: 'a' });
    await until('it is parked', async () => (await app.client.get('a'))?.state === 'waiting');
    await app.client.send('a', 'go', 1);
    expect(await running).toMatchObject({ state: 'succeeded', output: '1' });
  });

  test('of a hand-back to the next attempt counts one attempt', async () => {
    const { run } = openApp([
      job(
        ({ attempt }) => {
          if (attempt === 1) throw new Error('again');
          return attempt;
        },
        { retry: { attempts: 2, delay: 0 } },
      ),
    ]);
    armFailpoint('store.record.committed', 'throw', { times: 1 });
    expect(await run('work')).toMatchObject({ state: 'succeeded', output: '2', attempt: 2 });
  });

  test('of an output keeps each line once', async () => {
    const { run, lines } = openApp([
      job(async ({ log, step }) => {
        log.info('one');
        await step.sleep('a', 150);
        log.info('two');
      }),
    ]);
    armFailpoint('store.append.committed', 'throw', { times: 2 });
    const { id } = await run('work');
    expect((await lines(id)).map(({ text }) => text)).toEqual(['one', 'two']);
  });

  test('of a child’s creation creates one child', async () => {
    const child = defineJob({ name: 'child', run: () => 'born' });
    const { app, run } = openApp([job(({ step }) => step.run('child', child, undefined)), child]);
    armFailpoint('store.record.committed', 'throw', { times: 2 });
    const { id, output } = await run('work');
    expect(output).toBe('"born"');
    expect((await app.client.list({ parent: id })).items).toHaveLength(1);
  });

  test('of a submit is told to who asked; with a key, asking again gives the run that was created', async () => {
    const { app } = openApp([job(() => 1)]);
    await app.openStore();
    armFailpoint('store.submit.committed', 'throw', { times: 1 });
    await expect(app.client.enqueue('work', undefined, { key: 'a' })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    const handle = await app.client.enqueue('work', undefined, { key: 'a' });
    expect(handle.created).toBe(false);
    expect((await app.client.list()).items).toHaveLength(1);
  });

  test('of a claim is asked for: the run is executed in its epoch', async () => {
    let calls = 0;
    const { app } = openApp([job(() => ++calls)]);
    armFailpoint('store.claim.committed', 'throw', { times: 1 });
    const { id } = await app.client.enqueue('work');
    await app.start();
    const ended = await app.client.wait(id, { timeout: '50s' });
    expect(ended).toMatchObject({ state: 'succeeded', crashes: 0, attempt: 1, epoch: 1 });
    expect(calls).toBe(1);
  });

  test('of a submit with its holder leaves the run to whoever is free', async () => {
    const { app, run, log } = openApp([job(() => 1)]);
    await app.openStore();
    armFailpoint('store.submit.committed', 'throw', { times: 1 });
    await expect(run('work', { key: 'a' })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await until('it is queued', async () => (await app.client.get('a'))?.state === 'queued');
    expect(log.texts('warn')).toContain('runs whose submit was not answered are given back');
    expect(await run('work', { key: 'a' })).toMatchObject({ state: 'succeeded', crashes: 0 });
  });

  test('of a submit with its holder that arrives after the question for it leaves the run queued', async () => {
    const { app, run } = openApp([job(() => 1)]);
    await app.openStore();
    const store = await app.openStore();
    const [submit, reclaim] = [store.submit.bind(store), store.reclaim.bind(store)];
    const [asked, late] = [createDeferred<void>(), createDeferred<void>()];
    store.submit = async (runs) => {
      void asked.promise.then(() => submit(runs)).then(() => late.resolve(), late.reject);
      throw new OnejobError('STORE_UNAVAILABLE', 'the answer was lost');
    };
    store.reclaim = async (claim) => {
      const claimed = await reclaim(claim);
      asked.resolve();
      return claimed;
    };
    await expect(run('work', { key: 'a' })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await late.promise;
    expect(await app.client.get('a')).toMatchObject({ state: 'queued' });
  });

  test('of a cancel: asking again changes nothing more', async () => {
    const begun = createDeferred<void>();
    const { app, run } = openApp([
      job(({ signal }) => {
        begun.resolve();
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      }),
    ]);
    const running = run('work', { key: 'a' });
    await begun.promise;
    armFailpoint('store.act.committed', 'throw', { times: 1 });
    await expect(app.client.cancel('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await running).toMatchObject({ state: 'cancelled' });
  });
});

describe('a call that never reached the store', () => {
  test('is sent again, however often', async () => {
    const { run, steps } = openApp([job(({ step }) => step('one', () => 1))]);
    armFailpoint('store.record.before', 'throw', { times: 4 });
    const { id, state } = await run('work');
    expect(state).toBe('succeeded');
    expect(await steps(id)).toEqual(['one succeeded 1']);
  });

  test('a read that a run cannot go on without is repeated too', async () => {
    const { run, app } = openApp([
      job(
        async ({ step, attempt }) => {
          await step('one', () => 1);
          if (attempt === 1) throw new Error('once more');
          return attempt;
        },
        { retry: { attempts: 2, delay: 0 } },
      ),
    ]);
    const store = await app.openStore();
    const steps = store.steps.bind(store);
    let failures = 1;
    const lost = new OnejobError('STORE_UNAVAILABLE', 'the answer was lost');
    store.steps = (runs) => (failures-- > 0 ? Promise.reject(lost) : steps(runs));
    expect(await run('work')).toMatchObject({ state: 'succeeded', output: '2', attempt: 2 });
    expect(failures).toBe(-1);
  });
});

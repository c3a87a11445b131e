import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob, type AnyJob } from '../../../src/job/define.ts';
import type { Run } from '../../../src/job/run.ts';
import { isFinal } from '../../../src/job/state.ts';
import type { WaitOptions } from '../../../src/engine/steps/step-wait.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { fileStore, openApp, type TestApp } from '../../support/apps.ts';
import { job, type Context } from '../../support/job.ts';
import { turns, until } from '../../support/until.ts';

/** Until a run that is known by its key waits, in memory or parked. */
async function untilWaiting({ app }: TestApp, key: string): Promise<void> {
  await until(`${key} waits`, async () => {
    const run = await app.client.get(key);
    return run?.state === 'waiting';
  });
}

/** Attempts that wait park after 10 ms. */
const parking = { limits: { parkAfter: 10 } } as const;

describe('a sleep', () => {
  test('VT-20 takes its time, once', async () => {
    const { run, steps } = openApp([job(({ step }) => step.sleep('rest', 30))]);
    const began = performance.now();
    const { id } = await run('work');
    expect(performance.now() - began).toBeGreaterThanOrEqual(29);
    expect(await steps(id)).toEqual(['rest succeeded 1']);
  });

  test('VT-20 that was over before a replay takes no time again, one that was not takes the rest', async () => {
    const times: number[] = [];
    const { run } = openApp([
      job(
        async ({ step, attempt }) => {
          const began = performance.now();
          const long = step.sleep('long', 4_500);
          await step.sleep('short', 3_000);
          if (attempt === 1) throw new Error('once more');
          times.push(performance.now() - began);
          await long;
          times.push(performance.now() - began);
        },
        { retry: { attempts: 2, delay: 0 } },
      ),
    ]);
    expect(await run('work')).toMatchObject({ state: 'succeeded' });
    expect(times[0]).toBeLessThan(1_500);
    expect(times[1]).toBeLessThan(3_000);
  });

  test('VT-20 until an instant that has passed ends at once', async () => {
    const { run } = openApp([job(({ step }) => step.sleepUntil('past', new Date(0)))]);
    expect(await run('work')).toMatchObject({ state: 'succeeded' });
  });

  test('VT-20 of no duration, or until no date, is refused', async () => {
    for (const sleep of [
      ({ step }: Context) => step.sleep('bad', 'soon' as '1s'),
      ({ step }: Context) => step.sleep('bad', Number.NaN),
      ({ step }: Context) => step.sleepUntil('bad', new Date('nonsense')),
    ]) {
      const { run, steps } = openApp([job(sleep)]);
      const { id, state } = await run('work');
      expect(state).toBe('failed');
      expect(await steps(id)).toEqual([]);
    }
  });

  test('VT-20 that is long parks the run, which goes on by itself', async () => {
    let calls = 0;
    const opened = openApp(
      [
        job(async ({ step }) => {
          calls++;
          await step('before', () => 1);
          await step.sleep('rest', '3s');
          return step('after', () => 2);
        }),
      ],
      parking,
    );
    const running = opened.run('work', { key: 'a' });
    await untilWaiting(opened, 'a');
    expect(await opened.app.client.find('a')).toMatchObject({ node: expect.any(String) as string, epoch: 1 });
    expect((await opened.app.client.find('a')).waitingFor).toEqual([expect.stringContaining('rest: sleep')]);
    expect(await running).toMatchObject({ state: 'succeeded', output: '2', attempt: 1, crashes: 0 });
    expect(calls).toBe(2);
  });
});

describe('a wait for an event', () => {
  test('VT-20 takes one that is sent later', async () => {
    const opened = openApp([job(({ step }) => step.wait('approved'))]);
    const waiting = createDeferred<void>();
    const running = opened.run('work', { key: 'a' }, { onWaiting: () => waiting.resolve() });
    await waiting.promise;
    await opened.app.client.send('a', 'other', 1);
    await opened.app.client.send('a', 'approved', { by: 'ego' });
    expect(await running).toMatchObject({ state: 'succeeded', output: '{"by":"ego"}' });
  });

  test('VT-20 takes one that was sent before, and two of one name in their order', async () => {
    const { app } = openApp([
      job(async ({ step }) => [await step.wait('go'), await step.wait('go', { name: 'second' })]),
    ]);
    const handle = await app.client.enqueue('work');
    await app.client.send(handle.id, 'go', 1);
    await app.client.send(handle.id, 'go', 2);
    await app.start();
    expect(await handle.result({ timeout: '50s' })).toEqual([1, 2]);
  });

  test('VT-20 replays the event that it took, and takes no other', async () => {
    const opened = openApp([
      job(
        async ({ step, attempt }) => {
          const first = await step.wait('go');
          if (attempt === 1) throw new Error('once more');
          return [first, await step.wait('go', { name: 'second' })];
        },
        { retry: { attempts: 2, delay: 0 } },
      ),
    ]);
    const handle = await opened.app.client.enqueue('work');
    for (const n of [1, 2, 3]) await opened.app.client.send(handle.id, 'go', n);
    await opened.app.start();
    expect(await handle.result({ timeout: '50s' })).toEqual([1, 2]);
  });

  test('VT-20 past its time-out gives `orElse`, also at a replay, or throws WAIT_TIMED_OUT', async () => {
    const values: unknown[] = [];
    const { run, steps } = openApp([
      job(
        async ({ step, attempt }) => {
          values.push(await step.wait('never', { timeout: 5, orElse: false }));
          values.push(await step.wait('nothing', { timeout: 5, orElse: undefined }));
          if (attempt === 1) throw new Error('once more');
          await step.wait('late', { timeout: 5 });
        },
        { retry: { attempts: 2, delay: 0 } },
      ),
    ]);
    const ended = await run('work');
    expect(values).toEqual([false, undefined, false, undefined]);
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'WAIT_TIMED_OUT' } });
    expect(await steps(ended.id)).toEqual(['never failed 1', 'nothing failed 1', 'late failed 1']);
  });

  test('VT-20 takes what fits its schema; what does not is recorded as refused, and the wait goes on', async () => {
    const { app, steps, lines } = openApp([
      job(({ step }) => step.wait('count', { schema: z.coerce.number().min(1) })),
    ]);
    const { id, result } = await app.client.enqueue('work').then((handle) => ({
      id: handle.id,
      result: () => handle.result({ timeout: '50s' }),
    }));
    for (const word of ['many', '0', '7', '8']) await app.client.send(id, 'count', word);
    await app.start();
    expect(await result()).toBe(7);
    expect(await steps(id)).toEqual(['count (refused 1) failed 1', 'count (refused 2) failed 1', 'count succeeded 1']);
    const { steps: records } = await app.client.find(id, { steps: true });
    expect(records?.[0]).toMatchObject({ output: '"many"', error: { code: 'INPUT_INVALID' } });
    expect((await lines(id)).map(({ level, step }) => [level, step])).toEqual([
      ['warn', 'count'],
      ['warn', 'count'],
    ]);
    expect((await lines(id))[0]?.text).toMatch(
      /^the event count does not fit its schema: .+, sent by .+; the run waits on$/,
    );
  });

  test('VT-20 refuses an event once, whatever becomes of the run, and gives up when it would have without it', async () => {
    const opened = openApp(
      [job(({ step }) => step.wait('go', { schema: z.literal('yes'), timeout: 5_000, orElse: null }))],
      parking,
    );
    const running = opened.run('work', { key: 'a' });
    await untilWaiting(opened, 'a');
    await opened.app.client.send('a', 'go', 'no');
    await until('it is refused', async () => (await opened.steps('a')).includes('go (refused 1) failed 1'));
    const run = await running;
    expect(run).toMatchObject({ state: 'succeeded', output: 'null' });
    expect(run.finishedAt! - run.startedAt!).toBeGreaterThanOrEqual(4_999);
    expect(run.epoch).toBeGreaterThan(1);
    expect(await opened.steps('a')).toEqual(['go (refused 1) failed 1', 'go failed 1']);
    expect(await opened.lines('a')).toHaveLength(1);
  });

  test('VT-20 that parked goes on when the event comes, and hears one that came while it parked', async () => {
    for (const when of ['parked', 'at once'] as const) {
      const opened = openApp([job(({ step }) => step.wait('go'))], parking);
      const waiting = createDeferred<void>();
      const running = opened.run('work', { key: 'a' }, { onWaiting: () => waiting.resolve() });
      await waiting.promise;
      if (when === 'parked') await untilWaiting(opened, 'a');
      await opened.app.client.send('a', 'go', when);
      expect(await running).toMatchObject({ state: 'succeeded', output: JSON.stringify(when) });
    }
  });

  test('VT-20 mail that comes while the suspension is on its way wakes the run: no word is lost', async () => {
    const opened = openApp([job(({ step }) => step.wait('go'))], { limits: { parkAfter: 1 } });
    const rounds = Array.from({ length: 60 }, async (_, round) => {
      const waiting = createDeferred<void>();
      const running = opened.run('work', { key: `run ${round}` }, { onWaiting: () => waiting.resolve() });
      await waiting.promise;
      for (let pause = 0; pause < round % 12; pause++) await turns(1);
      await opened.app.client.send(`run ${round}`, 'go', round);
      expect(await running).toMatchObject({ state: 'succeeded', output: String(round) });
    });
    await Promise.all(rounds);
  });

  test('VT-20 data that cannot be stored is refused to its sender', async () => {
    const opened = openApp([job(({ step }) => step.wait('go'))]);
    const handle = await opened.app.client.enqueue('work');
    await expect(opened.app.client.send(handle.id, 'go', 1n)).rejects.toMatchObject({ code: 'VALUE_REJECTED' });
    await expect(opened.app.client.send('nobody', 'go', 1)).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
  });
});

describe('suspension', () => {
  test('an attempt that only waits gives its slot to others', async () => {
    const order: string[] = [];
    const patient = defineJob({
      name: 'patient',
      run: async ({ step }) => {
        order.push('waits');
        await step.wait('go');
        order.push('goes on');
      },
    });
    const quick = defineJob({ name: 'quick', run: () => void order.push('quick') });
    const { app } = openApp([patient, quick], { concurrency: 1, limits: { parkAfter: '1h' } });
    await app.start();
    const waiting = await app.client.enqueue(patient);
    await until('it waits', () => order.length === 1);
    const others = await app.client.enqueueMany(quick, [{ input: undefined }, { input: undefined }]);
    for (const handle of others) await handle.result({ timeout: '50s' });
    await waiting.result({ timeout: 1 }).catch(() => undefined);
    await app.client.send(waiting.id, 'go');
    await waiting.result({ timeout: '50s' });
    expect(order).toEqual(['waits', 'quick', 'quick', 'goes on']);
  });

  test('what waits takes a slot again before it goes on', async () => {
    let now = 0;
    let max = 0;
    const work = async (): Promise<void> => {
      max = Math.max(max, ++now);
      await new Promise((resolve) => setTimeout(resolve, 2));
      now--;
    };
    const { app } = openApp(
      [
        job(async ({ step }) => {
          await step('before', work);
          await Promise.all([
            step.sleep('rest', 5).then(() => step('one', work)),
            step.sleep('too', 5).then(() => undefined),
          ]);
          await step.sleep('again', 1);
          await step('after', work);
        }),
      ],
      { concurrency: 2 },
    );
    await app.start();
    const handles = await app.client.enqueueMany(
      'work',
      Array.from({ length: 8 }, () => ({ input: undefined })),
    );
    for (const handle of handles) await handle.result({ timeout: '50s' });
    expect(max).toBe(2);
  });

  test('a step that begins while others only wait has a slot and counts for the time-out', async () => {
    const { run } = openApp([
      job(
        async ({ step, signal }) => {
          void step.sleep('aside', '1h');
          await new Promise((resolve) => setTimeout(resolve, 20));
          await step('long', async () => {
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
            throw signal.reason;
          });
        },
        { timeout: 50 },
      ),
    ]);
    expect(await run('work')).toMatchObject({ state: 'failed', error: { code: 'RUN_TIMED_OUT' } });
  });

  test('and then parks again', async () => {
    const opened = openApp(
      [
        job(async ({ step }) => {
          const go = step.wait('go');
          await new Promise((resolve) => setTimeout(resolve, 5));
          await step('aside', () => 1);
          return go;
        }),
      ],
      { limits: { parkAfter: 40 } },
    );
    const running = opened.run('work', { key: 'a' });
    await untilWaiting(opened, 'a');
    await opened.app.client.send('a', 'go', 'on');
    expect(await running).toMatchObject({ state: 'succeeded', output: '"on"' });
  });

  test('the finally of a handler that parked does not run; that of its continuation does', async () => {
    const finals: number[] = [];
    let calls = 0;
    const opened = openApp(
      [
        job(async ({ step }) => {
          const call = ++calls;
          try {
            await step.wait('go');
          } finally {
            finals.push(call);
          }
        }),
      ],
      parking,
    );
    const running = opened.run('work', { key: 'a' });
    await untilWaiting(opened, 'a');
    expect(finals).toEqual([]);
    await opened.app.client.send('a', 'go');
    await running;
    expect(finals).toEqual([2]);
  });

  test('a run that parked is executed by another process that knows the job', async () => {
    const opened = openApp([job(({ step }) => step.wait('go'))], parking);
    const running = opened.run('work', { key: 'a' });
    await untilWaiting(opened, 'a');
    const other = openApp([job(({ step }) => step.wait('go').then(() => 'by another'))], {
      store: await opened.app.openStore(),
      node: 'other',
    });
    opened.app.interrupt('SIGINT');
    expect(await running).toMatchObject({ state: 'waiting' });
    await other.app.start();
    await other.app.client.send('a', 'go');
    expect(await other.app.client.wait('a', { timeout: '50s' })).toMatchObject({
      output: '"by another"',
      node: 'other',
    });
  });

  test('output that was written before is there when the run is parked', async () => {
    const opened = openApp(
      [
        job(async ({ step, log, progress }) => {
          log.info('before');
          progress(0.3);
          await step.wait('go');
          log.info('after');
        }),
      ],
      { limits: { parkAfter: 1 } },
    );
    const running = opened.run('work', { key: 'a' });
    await untilWaiting(opened, 'a');
    expect((await opened.lines('a')).map(({ text }) => text)).toEqual(['before']);
    expect((await opened.app.client.find('a')).progress).toMatchObject({ fraction: 0.3 });
    await opened.app.client.send('a', 'go');
    await running;
    expect((await opened.lines('a')).map(({ text }) => text)).toEqual(['before', 'before', 'after']);
  });
});

test('many waits at once, in one run and in many, are no memory leak to Node', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listen);
  const { app } = openApp([
    job(({ step }) => Promise.all(Array.from({ length: 20 }, (_, i) => step.sleep(['rest', i], 5)))),
  ]);
  await app.execute(Array.from({ length: 20 }, () => ({ job: 'work', delay: 1, trigger: 'api' as const })));
  await turns();
  process.off('warning', listen);
  expect(warnings).toEqual([]);
});

describe('a stop', () => {
  test('VT-14 lets the running step finish, records it, and hands the run back', async () => {
    const begun = createDeferred<void>();
    const release = createDeferred<void>();
    const calls: string[] = [];
    const define = (name: string): AnyJob =>
      job(async ({ step }) => {
        await step('one', async () => {
          calls.push(`one on ${name}`);
          begun.resolve();
          await release.promise;
        });
        await step('two', () => void calls.push(`two on ${name}`));
      });
    const store = await fileStore();
    const opened = openApp([define('first')], { store });
    await opened.app.start();
    const handle = await opened.app.client.enqueue('work');
    await begun.promise;
    const stopped = opened.app.stop();
    release.resolve();
    await stopped;
    const other = openApp([define('second')], { store });
    expect(await other.app.client.find(handle.id)).toMatchObject({ state: 'queued', attempt: 1, crashes: 0 });
    await other.app.start();
    await other.app.client.wait(handle.id, { timeout: '50s' });
    expect(calls).toEqual(['one on first', 'two on second']);
  });

  test('VT-14 ends sleeps at once', async () => {
    const opened = openApp([job(({ step }) => step.sleep('long', '1h'))], { limits: { parkAfter: '1h' } });
    const running = opened.run('work').catch(() => null);
    await until('it waits', () => opened.app.running.load === 1);
    await opened.app.stop();
    await running;
  });
});

describe('the time-out of a wait that has begun', () => {
  /** The run under the code of `before`, parked; then under that of `after`, woken by an event for nobody. */
  async function deployed(before: WaitOptions, after: WaitOptions): Promise<Run> {
    const store = await fileStore();
    const order = (options: WaitOptions): AnyJob => job(({ step }) => step.wait('paid', options));
    const first = openApp([order(before)], { store, ...parking });
    await first.app.start();
    const { id } = await first.app.client.enqueue('work');
    await until('it parks', async () => (await first.app.client.find(id)).state === 'waiting');
    await first.app.stop(0);
    const second = openApp([order(after)], { store, ...parking });
    await second.app.start();
    await second.app.client.send(id, 'for nobody');
    return until('it was looked at', async () => {
      const run = await second.app.client.find(id);
      const isLookedAt = run.epoch > 1 && (run.state === 'waiting' || isFinal(run.state));
      return isLookedAt ? run : undefined;
    });
  }

  test('is none where it had none', async () => {
    expect(await deployed({}, { timeout: '1h' })).toMatchObject({ state: 'waiting', dueAt: null });
  });

  test('stays when the code has none any more, or another one', async () => {
    for (const after of [{}, { timeout: 1 }, { timeout: '3h' }] as const) {
      const { state, dueAt } = await deployed({ timeout: '1h' }, after);
      expect(state).toBe('waiting');
      expect(Math.abs((dueAt ?? 0) - Date.now() - 3_600_000)).toBeLessThan(300_000);
    }
  });
});

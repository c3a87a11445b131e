import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { fileStore, openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

/** Rejects with the signal's reason as soon as it aborts. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

describe('a time-out', () => {
  test('SJ-10, EGO-4 aborts the signal; the run fails with RUN_TIMED_OUT', async () => {
    let reason: unknown;
    const job = defineJob({
      name: 'slow',
      timeout: 20,
      run: async ({ signal }) => {
        await untilAborted(signal).catch((error: unknown) => (reason = error));
        throw new Error('the handler is not asked what it failed with');
      },
    });
    const run = await openApp([job]).run('slow');
    expect(run).toMatchObject({ state: 'failed', error: { code: 'RUN_TIMED_OUT' } });
    expect(run.error?.message).toMatch(/time-out of 20ms|20 ms/);
    expect(reason).toMatchObject({ code: 'RUN_TIMED_OUT' });
  });

  test('is a failure like others: the next attempt begins, after the old handler has settled', async () => {
    const events: string[] = [];
    const job = defineJob({
      name: 'slow',
      timeout: 20,
      retry: { attempts: 2, delay: 0 },
      run: async ({ attempt, signal }) => {
        events.push(`begin ${attempt}`);
        if (attempt === 2) return 'done';
        await untilAborted(signal).catch(() => undefined);
        await sleep(30);
        events.push('end 1');
        throw signal.reason;
      },
    });
    expect(await openApp([job]).run('slow')).toMatchObject({ state: 'succeeded', attempt: 2, output: '"done"' });
    expect(events).toEqual(['begin 1', 'end 1', 'begin 2']);
  });

  test('a handler that returns in spite of it has succeeded', async () => {
    const job = defineJob({
      name: 'slow',
      timeout: 10,
      run: async ({ signal }) => {
        await untilAborted(signal).catch(() => undefined);
        return 'anyway';
      },
    });
    expect(await openApp([job]).run('slow')).toMatchObject({ state: 'succeeded', output: '"anyway"' });
  });

  test('SJ-10 a handler that ignores it is left behind after the grace, and writes nothing more', async () => {
    const release = createDeferred<void>();
    const gone = createDeferred<void>();
    let stepped = false;
    const job = defineJob({
      name: 'deaf',
      timeout: 10,
      grace: 20,
      run: async ({ log, progress, step }) => {
        log.info('before');
        progress(0.5);
        await release.promise;
        log.info('after');
        console.log('after too');
        progress(0.9);
        await step('late', () => {
          stepped = true;
        }).catch(() => undefined);
        gone.resolve();
        return 'too late';
      },
    });
    const { app, run: start, lines, steps, log } = openApp([job]);
    const run = await start('deaf');
    expect(run).toMatchObject({ state: 'failed', error: { code: 'RUN_TIMED_OUT' } });
    expect(log.texts('warn')).toContainEqual(expect.stringContaining('left behind'));
    release.resolve();
    await gone.promise;
    expect(stepped).toBe(false);
    expect((await lines(run.id)).map(({ text }) => text)).toEqual(['before']);
    expect(await steps(run.id)).toEqual([]);
    expect((await app.client.find(run.id)).progress).toEqual({ fraction: 0.5, text: null });
  });

  test('a zombie whose run was retried changes nothing of the next attempt', async () => {
    const release = createDeferred<void>();
    const job = defineJob({
      name: 'deaf',
      timeout: 1_000, // time enough for the second attempt on a busy machine
      grace: 10,
      retry: { attempts: 2, delay: 0 },
      run: async ({ attempt, step, log }) => {
        if (attempt === 1) {
          return step('work', async () => {
            await release.promise;
            log.info('from the zombie');
            return 'zombie';
          });
        }
        const value = await step('work', () => 'second');
        release.resolve();
        return value;
      },
    });
    const { run: start, lines, steps } = openApp([job]);
    const run = await start('deaf');
    expect(run).toMatchObject({ state: 'succeeded', attempt: 2, output: '"second"' });
    expect(await steps(run.id)).toEqual(['work succeeded 1']);
    expect((await lines(run.id)).map(({ text }) => text)).toEqual([]);
  });

  test('stands still while only waits are open', async () => {
    const job = defineJob({
      name: 'patient',
      timeout: 1_000,
      run: async ({ step }) => {
        for (const part of [1, 2, 3]) await step.sleep(['rest', part], 600);
        return 'slept';
      },
    });
    expect(await openApp([job]).run('patient')).toMatchObject({ state: 'succeeded' });
  });

  test('of a request is stronger than that of the job', async () => {
    const job = defineJob({ name: 'slow', timeout: '1h', run: ({ signal }) => untilAborted(signal) });
    const run = await openApp([job]).run('slow', { timeout: 10 });
    expect(run).toMatchObject({ state: 'failed', error: { code: 'RUN_TIMED_OUT' } });
  });
});

describe('a deadline', () => {
  test('bounds the run with all its attempts', async () => {
    let calls = 0;
    const job = defineJob({
      name: 'slow',
      deadline: 2_000,
      retry: { attempts: Infinity, delay: 10, factor: 1 },
      run: () => {
        calls++;
        throw new Error('not yet');
      },
    });
    const run = await openApp([job]).run('slow');
    expect(run.state).toBe('failed');
    expect(calls).toBeGreaterThan(1);
  });

  test('ends a run that waits', async () => {
    const job = defineJob({ name: 'patient', deadline: 50, run: ({ step }) => step.wait('never') });
    const run = await openApp([job]).run('patient');
    expect(run).toMatchObject({ state: 'failed', error: { code: 'RUN_TIMED_OUT' } });
  });

  test('ends a run that has parked', async () => {
    const job = defineJob({ name: 'patient', deadline: '4s', run: ({ step }) => step.wait('never') });
    const { app, run: start } = openApp([job], { limits: { parkAfter: 10 } });
    const running = start('patient', { key: 'a' });
    await until('parked', async () => (await app.client.get('a'))?.state === 'waiting');
    expect(await running).toMatchObject({ state: 'failed', error: { code: 'RUN_TIMED_OUT' } });
  });

  test('comes before an attempt that could only begin after it', async () => {
    const job = defineJob({
      name: 'flaky',
      deadline: '1s',
      retry: { attempts: 2, delay: '1m', jitter: 0 },
      run: () => {
        throw new Error('not yet');
      },
    });
    const run = await openApp([job]).run('flaky');
    expect(run.state).toBe('failed');
    expect(run.finishedAt! - run.createdAt).toBeLessThan(30_000);
  });
});

describe('a cancel', () => {
  test('of a running run, from another app on the same store, is seen within a second, however rare the heartbeats are', async () => {
    const store = await fileStore();
    const begun = createDeferred<void>();
    const job = defineJob({
      name: 'long',
      run: ({ signal }) => {
        begun.resolve();
        return untilAborted(signal);
      },
    });
    const here = openApp([job], { store, limits: { lease: '10m' } });
    const there = openApp([], { store });
    const running = here.run('long', { key: 'a' });
    await begun.promise;
    await there.app.openStore();
    expect(await there.app.client.cancel('a', 'wrong shop')).toMatchObject({ verdict: 'pending' });
    const run = await running; // a heartbeat comes every two minutes, when this test would be over
    expect(run).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
    expect(run.error?.message).toContain('wrong shop');
  });

  test('of a handler that returns in spite of it changes nothing', async () => {
    const begun = createDeferred<void>();
    const job = defineJob({
      name: 'long',
      run: async ({ signal }) => {
        begun.resolve();
        await untilAborted(signal).catch(() => undefined);
        return 'finished anyway';
      },
    });
    const { app, run: start } = openApp([job]);
    const running = start('long', { key: 'a' });
    await begun.promise;
    await app.client.cancel('a');
    expect(await running).toMatchObject({ state: 'succeeded', output: '"finished anyway"', error: null });
  });

  test('a handler that ignores it is left behind after its grace', async () => {
    const begun = createDeferred<void>();
    const release = createDeferred<void>();
    const job = defineJob({
      name: 'deaf',
      grace: 20,
      run: () => {
        begun.resolve();
        return release.promise;
      },
    });
    const { app, run: start } = openApp([job]);
    const running = start('deaf', { key: 'a' });
    await begun.promise;
    await app.client.cancel('a');
    expect(await running).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
    release.resolve();
  });

  test('of a queued run is done at once', async () => {
    const job = defineJob({ name: 'later', run: () => 'ran' });
    const { app } = openApp([job]);
    const handle = await app.client.enqueue(job);
    expect(await handle.cancel('not needed')).toMatchObject({ verdict: 'done', state: 'cancelled' });
    await expect(handle.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  });

  test('of a run that waits, in memory or parked, ends it', async () => {
    const job = defineJob({ name: 'patient', run: ({ step }) => step.wait('never') });
    for (const parkAfter of ['1h', 10] as const) {
      const { app, run: start } = openApp([job], { limits: { parkAfter } });
      const running = start('patient', { key: 'a' });
      const state = parkAfter === 10 ? 'waiting' : 'running';
      await until(state, async () => (await app.client.get('a'))?.state === state);
      await app.client.cancel('a', 'enough');
      expect(await running).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
    }
  });

  test('of a finished run is refused', async () => {
    const { app, run } = openApp([defineJob({ name: 'quick', run: () => 1 })]);
    const { id } = await run('quick');
    await expect(app.client.cancel(id)).rejects.toMatchObject({ code: 'RUN_FINISHED' });
    await expect(app.client.cancel('nobody')).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
  });
});

describe('an interruption', () => {
  test('EGO-4 ends what runs as cancelled with RUN_INTERRUPTED', async () => {
    const begun = createDeferred<void>();
    const job = defineJob({
      name: 'long',
      retry: { attempts: 5, delay: 0 },
      run: ({ signal }) => {
        begun.resolve();
        return untilAborted(signal);
      },
    });
    const { app, run: start } = openApp([job]);
    const running = start('long');
    await begun.promise;
    app.interrupt('SIGINT');
    expect(await running).toMatchObject({
      state: 'cancelled',
      error: { code: 'RUN_INTERRUPTED', message: 'interrupted by SIGINT' },
    });
  });

  test('leaves what waits waiting', async () => {
    const job = defineJob({
      name: 'patient',
      run: async ({ step, log }) => {
        log.info('I wait');
        await step.wait('never');
      },
    });
    const { app, run: start, lines } = openApp([job]);
    const waiting = createDeferred<readonly string[]>();
    const running = start('patient', {}, { onWaiting: (_, what) => waiting.resolve(what) });
    expect(await waiting.promise).toEqual(['never: event never']);
    app.interrupt('SIGINT');
    const run = await running;
    await until('parked', async () => (await app.client.find(run.id)).state === 'waiting');
    expect((await lines(run.id)).map(({ text }) => text)).toEqual(['I wait']);
  });

  test('that comes before anything runs lets nothing begin', async () => {
    let ran = false;
    const job = defineJob({
      name: 'long',
      run: () => {
        ran = true;
      },
    });
    const { app, run: start } = openApp([job]);
    const running = start('long');
    app.interrupt('SIGTERM');
    await expect(running).rejects.toMatchObject({ code: 'RUN_INTERRUPTED' });
    expect(ran).toBe(false);
  });
});

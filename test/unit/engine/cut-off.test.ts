import { describe, expect, test } from 'vitest';
import { createDeferred } from '../../../src/std/deferred.ts';
import type { Step } from '../../../src/job/step.ts';
import { openApp } from '../../support/apps.ts';
import { job } from '../../support/job.ts';

/** Does all items, whatever becomes of one; how many failed. */
async function allItems(step: Step, signal: AbortSignal, begun = createDeferred<void>()): Promise<number> {
  let failed = 0;
  for (let item = 0; item < 30; item++) {
    try {
      await step(['item', item], () => {
        begun.resolve();
        return item < 3 ? item : new Promise((resolve) => signal.addEventListener('abort', resolve));
      });
    } catch {
      failed++;
    }
  }
  return failed;
}

describe('a handler that catches the errors of its items has not succeeded', () => {
  test('once its time-out has cut its work off', async () => {
    const { run } = openApp([job(({ step, signal }) => allItems(step, signal), { timeout: 50 })]);
    expect(await run('work')).toMatchObject({ state: 'failed', error: { code: 'RUN_TIMED_OUT' } });
  });

  test('once its deadline has', async () => {
    const { run } = openApp([job(({ step, signal }) => allItems(step, signal), { deadline: 50 })]);
    expect(await run('work')).toMatchObject({ state: 'failed', error: { code: 'RUN_TIMED_OUT' } });
  });

  test('once a cancel has', async () => {
    const begun = createDeferred<void>();
    const { app, run } = openApp([job(({ step, signal }) => allItems(step, signal, begun))]);
    const running = run('work', { key: 'a' });
    await begun.promise;
    await app.client.cancel('a');
    expect(await running).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
  });

  test('and is tried again by its retry', async () => {
    const { run } = openApp([
      job(({ step, signal, attempt }) => (attempt === 1 ? allItems(step, signal) : 'all of it'), {
        timeout: 50,
        retry: { attempts: 2, delay: 0 },
      }),
    ]);
    expect(await run('work')).toMatchObject({ state: 'succeeded', attempt: 2, output: '"all of it"' });
  });

  test.each(['sleep', 'wait'] as const)('nor when what is cut off is a %s', async (kind) => {
    const { run } = openApp([
      job(({ step }) => (kind === 'sleep' ? step.sleep('s', '1h') : step.wait('w')).catch(() => 'nothing'), {
        deadline: 50,
      }),
    ]);
    expect(await run('work')).toMatchObject({ state: 'failed', error: { code: 'RUN_TIMED_OUT' } });
  });
});

test('a handler that returns in spite of its time-out has succeeded when no step was refused', async () => {
  const { run } = openApp([
    job(
      async ({ step, signal }) => {
        const one = await step('one', () => 1);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return one;
      },
      { timeout: 50 },
    ),
  ]);
  expect(await run('work')).toMatchObject({ state: 'succeeded', output: '1' });
});

import { describe, expect, test } from 'vitest';
import { openApp } from '../../support/apps.ts';
import { job } from '../../support/job.ts';
import { until } from '../../support/until.ts';

/** Numbers from 1 to 10 in pages of 3, by the last one read. */
const numbers = {
  from: 0,
  read: (after: number) => Array.from({ length: 10 }, (_, i) => i + 1).filter((n) => n > after && n <= after + 3),
  next: (last: number) => last,
};

describe('pages', () => {
  test('VT-24 reads page after page and counts', async () => {
    const seen: number[] = [];
    const { run, steps } = openApp([job(({ step }) => step.pages('all', numbers, (n) => void seen.push(n)))]);
    const { id, output } = await run('work');
    expect(JSON.parse(output!)).toEqual({ pages: 4, items: 10, failed: 0 });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await steps(id)).toEqual(['all succeeded 1']);
  });

  test('VT-24 records the cursor after each page', async () => {
    const cursors: unknown[] = [];
    const { app, run } = openApp([
      job(({ step, run: { id } }) =>
        step.pages(
          'all',
          {
            ...numbers,
            read: async (after: number) => {
              const [all] = (await app.client.find(id, { steps: true })).steps ?? [];
              cursors.push(all?.output ? (JSON.parse(all.output) as { cursor: number }).cursor : null);
              return numbers.read(after);
            },
          },
          () => undefined,
        ),
      ),
    ]);
    await run('work');
    expect(cursors).toEqual([null, 3, 6, 9, 10]);
  });

  test('VT-24 a page that fails is tried again by the policy, from its own beginning, and the cursor is kept meanwhile', async () => {
    const seen: number[] = [];
    let failures = 0;
    const recorded: unknown[] = [];
    const { app, run, steps } = openApp([
      job(
        ({ step, run: { id } }) =>
          step.pages('all', numbers, async (n) => {
            if (n === 5 && ++failures < 3) {
              throw new Error('no luck');
            }
            if (n === 4) {
              const [all] = (await app.client.find(id, { steps: true })).steps ?? [];
              recorded.push([all?.tries, all?.output && (JSON.parse(all.output) as { cursor: number }).cursor]);
            }
            seen.push(n);
          }),
        { retry: { attempts: 5, delay: 1 } },
      ),
    ]);
    const { id, output } = await run('work');
    expect(JSON.parse(output!)).toEqual({ pages: 4, items: 10, failed: 0 });
    expect(seen).toEqual([1, 2, 3, 4, 4, 4, 5, 6, 7, 8, 9, 10]);
    expect(recorded).toEqual([
      [1, 3], // the first page had one
      [2, 3],
      [3, 3],
    ]);
    expect(await steps(id)).toEqual(['all succeeded 1']);
  });

  test('VT-24 each page has the tries of the policy', async () => {
    const attempts: string[] = [];
    const { run } = openApp([
      job(
        ({ step }) =>
          step.pages(
            'all',
            {
              ...numbers,
              read: (after: number, { attempt }) => {
                attempts.push(`${after}: ${attempt}`);
                if (attempt === 1) throw new Error('no luck');
                return numbers.read(after);
              },
            },
            () => undefined,
          ),
        { retry: { attempts: 2, delay: 1 } },
      ),
    ]);
    expect(JSON.parse((await run('work')).output!)).toMatchObject({ pages: 4, items: 10 });
    expect(attempts).toEqual([0, 3, 6, 9, 10].flatMap((after) => [`${after}: 1`, `${after}: 2`]));
  });

  test('VT-24 a page whose tries are used up fails the step, also when another worker goes on with it', async () => {
    const attempts: string[] = [];
    const failing = job(
      ({ step }) =>
        step.pages(
          'all',
          {
            ...numbers,
            read: (after: number, { attempt }) => {
              attempts.push(`${after}: ${attempt}`);
              if (after === 3) throw new Error(`no luck the ${attempt}. time`);
              return numbers.read(after);
            },
          },
          () => undefined,
        ),
      { retry: { attempts: 3, delay: 300, factor: 1, jitter: 0 } },
    );
    const { app } = openApp([failing]);
    await app.start();
    const { id } = await app.client.enqueue(failing);
    const store = await app.openStore();
    await until('one try is recorded', async () => {
      const [all] = (await app.client.find(id, { steps: true })).steps ?? [];
      return (all?.tries ?? 0) > 1; // behind that of the first page, or more, where a busy machine looks late
    });
    await store.evict((await store.workers()).map((worker) => ({ id: worker.id, seenHeartbeat: null, counted: true })));
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({
      state: 'failed',
      error: { message: 'no luck the 3. time' },
    });
    // The first worker may execute a try that it cannot record any more.
    expect([...new Set(attempts)]).toEqual(['0: 1', '3: 1', '3: 2', '3: 3']);
  });

  test('VT-24 an item that fails is logged, counted and skipped, where that is wanted', async () => {
    const { run, lines } = openApp([
      job(({ step }) =>
        step.pages('all', { ...numbers, onError: 'log' }, (n) => {
          if (n % 4 === 0) throw new Error(`no ${n}`);
        }),
      ),
    ]);
    const { id, output } = await run('work');
    expect(JSON.parse(output!)).toEqual({ pages: 4, items: 10, failed: 2 });
    expect((await lines(id)).map(({ level, text, step }) => [level, text, step])).toEqual([
      ['error', 'item 3 of all failed: no 4', 'all'],
      ['error', 'item 7 of all failed: no 8', 'all'],
    ]);
  });

  test('VT-24 without pages there is nothing to do', async () => {
    const { run } = openApp([
      job(({ step }) => step.pages('none', { from: null, read: () => [], next: () => null }, () => undefined)),
    ]);
    expect(JSON.parse((await run('work')).output!)).toEqual({ pages: 0, items: 0, failed: 0 });
  });

  test('VT-24 a cursor that cannot be stored fails the step', async () => {
    const { run } = openApp([
      job(({ step }) => step.pages('all', { from: 0n, read: () => [1], next: () => 1n }, () => undefined)),
    ]);
    expect(await run('work')).toMatchObject({ state: 'failed', error: { code: 'VALUE_REJECTED' } });
  });
});

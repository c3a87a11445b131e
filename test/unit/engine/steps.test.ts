import { describe, expect, test, vi } from 'vitest';
import type { AnyJob } from '../../../src/job/define.ts';
import { JobError, PermanentError, RetryLater } from '../../../src/job/failure.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { openApp } from '../../support/apps.ts';
import { job, type Context } from '../../support/job.ts';
import { turns, until } from '../../support/until.ts';

/** A job whose handler is executed once more after it has failed outside of steps, so that all is replayed. */
function replayed(run: (context: Context) => unknown): AnyJob {
  return job(
    async (context) => {
      const value = await run(context);
      if (context.attempt === 1) throw new Error('once more');
      return value;
    },
    { retry: { attempts: 2, delay: 0 } },
  );
}

describe('a step', () => {
  test('VT-9 is recorded before the next one begins', async () => {
    const seen: string[][] = [];
    const { run, steps } = openApp([
      job(async ({ step, run: { id } }) => {
        await step('one', async () => void seen.push(await steps(id)));
        await step('two', async () => void seen.push(await steps(id)));
        seen.push(await steps(id));
      }),
    ]);
    await run('work');
    expect(seen).toEqual([[], ['one succeeded 1'], ['one succeeded 1', 'two succeeded 1']]);
  });

  test('gives what was recorded, the first time too', async () => {
    const { run } = openApp([
      replayed(async ({ step }) => {
        const value = await step('date', () => ({ at: new Date(0), gone: undefined }));
        return [value, typeof (await step('nothing', () => undefined))] as const;
      }),
    ]);
    expect(JSON.parse((await run('work')).output!)).toEqual([{ at: '1970-01-01T00:00:00.000Z' }, 'undefined']);
  });

  test('VT-10 is not executed again by a later attempt', async () => {
    const calls: string[] = [];
    const { run } = openApp([
      replayed(async ({ step, attempt }) => {
        calls.push(`handler ${attempt}`);
        await step('one', () => void calls.push('one'));
        await step(['two', 7], () => void calls.push('two'));
      }),
    ]);
    expect(await run('work')).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect(calls).toEqual(['handler 1', 'one', 'two', 'handler 2']);
  });

  test('hands on the same key in every execution', async () => {
    const keys: string[] = [];
    const { run } = openApp([
      job(({ step }) =>
        step(['charge', 'a:b'], { retry: { attempts: 2, delay: 0 } }, ({ key, attempt }) => {
          keys.push(`${key} ${attempt}`);
          if (attempt === 1) throw new Error('again');
        }),
      ),
    ]);
    const { id } = await run('work');
    expect(keys).toEqual([`${id}:charge:a\\:b 1`, `${id}:charge:a\\:b 2`]);
  });

  test('VT-18 asked for twice is STEP_REPEATED, finished or not, with the line to write', async () => {
    let calls = 0;
    const twice = (name: string | [string, number]) =>
      openApp([
        job(
          async ({ step }) => {
            await step(name, () => ++calls);
            await step(name, () => ++calls);
          },
          { retry: { attempts: 3, delay: 0 } },
        ),
      ]).run('work');
    const run = await twice('charge');
    expect(run).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'STEP_REPEATED' } });
    expect(run.error?.message).toContain('step(["charge", id], …)');
    expect((await twice(['charge', 1])).error?.message).toContain('step(["charge", …, anotherId], …)');
    expect(calls).toBe(2);
  });

  test('VT-18 a name with a colon is not the key of another step', async () => {
    const { run, steps } = openApp([
      job(async ({ step }) => {
        await step('a:b', () => 1);
        await step(['a', 'b'], () => 2);
      }),
    ]);
    const { id, state } = await run('work');
    expect(state).toBe('succeeded');
    expect(await steps(id)).toEqual(['a\\:b succeeded 1', 'a:b succeeded 1']);
  });

  test.each([
    ['a Map', new Map()],
    ['NaN', Number.NaN],
    ['2 MiB', 'x'.repeat(2_097_152)],
  ])('VT-3 that gives %s fails at once with VALUE_REJECTED, and says so at each replay', async (_, value) => {
    let calls = 0;
    const { run, steps } = openApp([
      job(
        ({ step }) =>
          step('bad', () => {
            calls++;
            return value as never;
          }),
        { retry: { attempts: 3, delay: 0 } },
      ),
    ]);
    const ended = await run('work');
    expect(ended).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'VALUE_REJECTED' } });
    expect(ended.error?.message).toContain('the result of bad');
    expect(await steps(ended.id)).toEqual(['bad failed 1']);
    expect(calls).toBe(1);
  });

  test('a key that is empty or too long is refused', async () => {
    for (const name of ['', 'x'.repeat(501)]) {
      const { run } = openApp([job(({ step }) => step(name, () => 1))]);
      expect(await run('work')).toMatchObject({ state: 'failed', error: { code: 'CONFIG_INVALID' } });
    }
  });

  test('that nobody awaits and that fails does not end the process, and is recorded', async () => {
    const { run, steps } = openApp([
      job(({ step }) => {
        void step('alone', () => {
          throw new Error('no luck');
        });
      }),
    ]);
    const { id, state } = await run('work');
    expect(state).toBe('succeeded');
    expect(await steps(id)).toEqual(['alone failed 1']);
  });
});

describe('tries', () => {
  test('VT-2 are as many as the policy of the step says, in total', async () => {
    for (const [retry, expected] of [
      [{ attempts: 1 }, 1],
      [{ attempts: 3, delay: 0 }, 3],
    ] as const) {
      let calls = 0;
      const { run, steps } = openApp([
        job(({ step }) =>
          step('flaky', { retry }, () => {
            calls++;
            throw new JobError('NO_LUCK', 'none', { data: { calls } });
          }),
        ),
      ]);
      const ended = await run('work');
      expect(ended).toMatchObject({ state: 'failed', error: { code: 'NO_LUCK', data: { calls: expected } } });
      expect(calls).toBe(expected);
      expect(await steps(ended.id)).toEqual([`flaky failed ${expected}`]);
    }
  });

  test('VT-2 default to the policy of the job', async () => {
    let calls = 0;
    const { run } = openApp([
      job(
        ({ step }) =>
          step('flaky', () => {
            if (++calls < 3) throw new Error('not yet');
            return calls;
          }),
        { retry: { attempts: 3, delay: 0 } },
      ),
    ]);
    expect(await run('work')).toMatchObject({ state: 'succeeded', output: '3', attempt: 1 });
  });

  test('a step whose tries are used up throws the same error at each replay, which can be caught', async () => {
    let calls = 0;
    const caught: unknown[] = [];
    const fallback = openApp([
      replayed(async ({ step }) => {
        await step('bad', () => {
          calls++;
          throw new JobError('NO_LUCK', 'none', { data: 1 });
        }).catch((error: JobError) => caught.push([error.code, error.message, error.data]));
        return 'compensated';
      }),
    ]);
    expect(await fallback.run('work')).toMatchObject({ state: 'succeeded', attempt: 2, output: '"compensated"' });
    expect(caught).toEqual([
      ['NO_LUCK', 'none', 1],
      ['NO_LUCK', 'none', 1],
    ]);
    expect(calls).toBe(2);
  });

  test('a recorded failure, also as a cause or as all of several, uses up no further attempt', async () => {
    const wrappers: ((context: Context) => unknown)[] = [
      ({ step }) => step('bad', { retry: { attempts: 1 } }, fail),
      async ({ step }) => {
        await step('bad', { retry: { attempts: 1 } }, fail).catch((cause: unknown) => {
          throw new Error('wrapped', { cause });
        });
      },
      ({ step }) =>
        Promise.any([step('bad', { retry: { attempts: 1 } }, fail), step('worse', { retry: { attempts: 1 } }, fail)]),
    ];
    for (const wrapper of wrappers) {
      const { run } = openApp([job(wrapper, { retry: { attempts: 3, delay: 0 } })]);
      expect(await run('work')).toMatchObject({ state: 'failed', attempt: 1 });
    }
  });

  test('VT-3 a PermanentError ends them', async () => {
    let calls = 0;
    const { run, steps } = openApp([
      job(({ step }) =>
        step('stop', { retry: { attempts: 5, delay: 0 } }, () => {
          calls++;
          throw new Error('outer', { cause: new PermanentError('inner') });
        }),
      ),
    ]);
    const { id } = await run('work');
    expect(calls).toBe(1);
    expect(await steps(id)).toEqual(['stop failed 1']);
  });

  test('RetryLater uses up none', async () => {
    let calls = 0;
    const { run, steps } = openApp([
      job(({ step }) =>
        step('busy', () => {
          if (++calls < 3) throw new RetryLater(1);
          return 'free';
        }),
      ),
    ]);
    const { id } = await run('work');
    expect(calls).toBe(3);
    expect(await steps(id)).toEqual(['busy succeeded 1']);
  });

  test('are recorded as they fail, with when they go on', async () => {
    const { app, run } = openApp([
      job(({ step }) => step('slow', { retry: { attempts: 2, delay: '1h', jitter: 0 } }, fail)),
    ]);
    const running = run('work', { key: 'a' });
    const begun = await until('a recorded try', async () => {
      const found = await app.client.get('a', { steps: true });
      return found?.steps?.[0];
    });
    expect(begun).toMatchObject({ key: 'slow', state: 'running', tries: 1, error: { message: 'no luck' } });
    expect(begun.resumeAt! - Date.now()).toBeGreaterThan(3_500_000);
    await app.client.cancel('a');
    expect(await running).toMatchObject({ state: 'cancelled' });
  });

  test('a step has a time-out of its own: a failure like others', async () => {
    const signals: unknown[] = [];
    const { run, steps } = openApp([
      job(({ step }) =>
        step('slow', { timeout: 10, retry: { attempts: 2, delay: 0 } }, async ({ signal, attempt }) => {
          if (attempt === 2) return 'quick';
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          signals.push((signal.reason as { code: string }).code);
          throw new Error('not what is recorded');
        }),
      ),
    ]);
    const { id, output } = await run('work');
    expect(output).toBe('"quick"');
    expect(signals).toEqual(['RUN_TIMED_OUT']);
    expect(await steps(id)).toEqual(['slow succeeded 2']);
  });

  test('a try that ignores its time-out is left behind after the grace', async () => {
    const release = createDeferred<string>();
    const { run } = openApp([
      job(
        ({ step }) =>
          step('deaf', { timeout: 5, retry: { attempts: 2, delay: 0 } }, ({ attempt }) =>
            attempt === 1 ? release.promise : 'second',
          ),
        { grace: 10 },
      ),
    ]);
    expect(await run('work')).toMatchObject({ state: 'succeeded', output: '"second"' });
    release.resolve('first');
  });

  test('a cancel of the run aborts the signal of its step, and uses up no try', async () => {
    const begun = createDeferred<void>();
    const { app, run, steps } = openApp([
      job(({ step }) =>
        step('long', { timeout: '1h', retry: { attempts: 5, delay: 0 } }, ({ signal }) => {
          begun.resolve();
          return new Promise<never>((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          );
        }),
      ),
    ]);
    const running = run('work', { key: 'a' });
    await begun.promise;
    await app.client.cancel('a');
    const { id, state } = await running;
    expect(state).toBe('cancelled');
    expect(await steps(id)).toEqual([]);
  });
});

describe('chains at once', () => {
  test('are safe, and replayed by name', async () => {
    const calls: string[] = [];
    const { run } = openApp([
      replayed(({ step }) =>
        Promise.all(
          ['a', 'b', 'c'].map(async (chain) => {
            const first = await step([chain, 1], () => calls.push(chain));
            return (await step([chain, 2], () => calls.push(chain))) > first;
          }),
        ),
      ),
    ]);
    expect(await run('work')).toMatchObject({ state: 'succeeded', output: '[true,true,true]' });
    expect(calls.toSorted()).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  });

  test('VT-21 a race decides in a replay as it did at first', async () => {
    const winners: string[] = [];
    const { run } = openApp([
      replayed(async ({ step, attempt }) => {
        const gate = createDeferred<void>();
        // The first time `slow` ends last, although it was asked for first; in the replay it would be first.
        const slow = step('slow', async () => {
          if (attempt === 1) await gate.promise;
          return 'slow';
        });
        const quick = step('quick', () => 'quick');
        winners.push(await Promise.race([slow, quick]));
        gate.resolve();
        await slow;
      }),
    ]);
    expect(await run('work')).toMatchObject({ state: 'succeeded' });
    expect(winners).toEqual(['quick', 'quick']);
  });

  test('VT-21 of two results that are committed together the first recorded comes first, whatever their kinds', async () => {
    const winners: string[] = [];
    const { app, run, steps } = openApp([
      replayed(async ({ step, attempt }) => {
        const ended = createDeferred<void>();
        const sleep = step.sleep('sleep', 30).then(() => 'sleep');
        const quick = step('quick', () => ended.promise).then(() => 'quick');
        // The record of `blocker` is held while the sleep ends, and then `quick`: both go into the next group.
        void step('blocker', async () => void (await until('it sleeps', () => isAsleep)));
        if (attempt === 1) void until('the sleep has ended', () => hasSlept).then(() => ended.resolve());
        winners.push(await Promise.race([quick, sleep]));
      }),
    ]);
    const store = await app.openStore();
    let isAsleep = false;
    let hasSlept = false;
    const record = store.record.bind(store);
    vi.spyOn(store, 'record').mockImplementation(async (batch) => {
      const keys = new Set(batch.entries.map((entry) => ('key' in entry ? `${entry.kind} ${entry.key}` : entry.kind)));
      if (keys.has('try sleep')) isAsleep = true;
      if (keys.has('step blocker')) {
        await new Promise((resolve) => setTimeout(resolve, 45));
        hasSlept = true;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return record(batch);
    });
    const { id } = await run('work');
    expect((await steps(id)).slice(0, 3)).toEqual(['blocker succeeded 1', 'sleep succeeded 1', 'quick succeeded 1']);
    expect(winners).toEqual(['sleep', 'sleep']);
  });

  test('VT-21 what was not recorded when a race was decided loses it again', async () => {
    const winners: string[] = [];
    const release = createDeferred<void>();
    const { run } = openApp([
      job(
        async ({ step, attempt }) => {
          const slow = step('slow', () => (attempt === 1 ? release.promise : undefined)).then(() => 'slow');
          const quick = step('quick', () => undefined).then(() => 'quick');
          winners.push(await Promise.race([slow, quick]));
          await step('after', () => 1);
          if (attempt === 1) {
            setImmediate(() => release.resolve());
            throw new Error('once more');
          }
        },
        { retry: { attempts: 2, delay: 0 } },
      ),
    ]);
    expect(await run('work')).toMatchObject({ state: 'succeeded' });
    expect(winners).toEqual(['quick', 'quick']);
  });

  test('an attempt that failed ends after the steps in execution, whose results are kept', async () => {
    const calls: string[] = [];
    const release = createDeferred<void>();
    const { run, steps } = openApp([
      job(
        async ({ step, attempt }) => {
          const other = step('other', async () => {
            calls.push('other');
            await release.promise;
            return 'kept';
          });
          if (attempt === 1) {
            setTimeout(() => release.resolve(), 5);
            throw new Error('outside of steps');
          }
          return other;
        },
        { retry: { attempts: 2, delay: 0 } },
      ),
    ]);
    const ended = await run('work');
    expect(ended).toMatchObject({ state: 'succeeded', attempt: 2, output: '"kept"' });
    expect(calls).toEqual(['other']);
    expect(await steps(ended.id)).toEqual(['other succeeded 1']);
  });

  test('a handler that returns too early ends after what it began, and begins nothing more', async () => {
    const calls: string[] = [];
    const { run, steps } = openApp([
      job(({ step }) => {
        const chain = async (): Promise<void> => {
          await step('one', { retry: { attempts: 2, delay: 1 } }, async ({ attempt }) => {
            calls.push(`one ${attempt}`);
            await turns();
            if (attempt === 1) throw new Error('again');
          });
          await step('two', () => void calls.push('two'));
        };
        chain().catch((error: Error) => calls.push(error.message));
        return 'early';
      }),
    ]);
    const ended = await run('work');
    expect(ended).toMatchObject({ state: 'succeeded', output: '"early"' });
    expect(await steps(ended.id)).toEqual(['one succeeded 2']);
    await until('the chain is told', () => calls.length === 3);
    expect(calls).toEqual(['one 1', 'one 2', expect.stringContaining('await every step')]);
  });

  test('that lost a race are not waited for when they only sleep', async () => {
    const { run } = openApp([
      job(({ step }) => Promise.race([step.sleep('long', '1h').then(() => 'late'), step('quick', () => 'quick')])),
    ]);
    expect(await run('work')).toMatchObject({ state: 'succeeded', output: '"quick"' });
  });
});

describe('a change of the code between two attempts', () => {
  test('inserted steps are executed, deleted ones ignored', async () => {
    const calls: string[] = [];
    const { run, steps } = openApp([
      job(
        async ({ step, attempt }) => {
          const names = attempt === 1 ? ['one', 'gone', 'three'] : ['one', 'two', 'three'];
          for (const name of names) await step(name, () => void calls.push(name));
          if (attempt === 1) throw new Error('deployed anew');
        },
        { retry: { attempts: 2, delay: 0 } },
      ),
    ]);
    const { id, state } = await run('work');
    expect(state).toBe('succeeded');
    expect(calls).toEqual(['one', 'gone', 'three', 'two']);
    expect(await steps(id)).toHaveLength(4);
  });
});

function fail(): never {
  throw new Error('no luck');
}

import { afterEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { defineJob } from '../../../src/job/define.ts';
import { JobError, RetryLater, type FailureLevel } from '../../../src/job/failure.ts';
import type { Meter } from '../../../src/ports/meter.ts';
import type { Store } from '../../../src/ports/store.ts';
import { armFailpoint, disarmFailpoints } from '../../../src/std/failpoint.ts';
import { openApp } from '../../support/apps.ts';
import { job } from '../../support/job.ts';
import { RecordingLog } from '../../support/recording-log.ts';

afterEach(disarmFailpoints);

/** Hears of errors of our own only. */
function meterOf(counted: string[]): Meter {
  return new Proxy({} as Meter, {
    get: (_, name) =>
      name === 'internalError' ? (claim: { job: string }) => counted.push(claim.job) : () => undefined,
  });
}

describe('an error on the way of the engine itself', () => {
  test.each(['attempt.begin', 'attempt.conclude'])(
    'at %s ends the attempt as INTERNAL, once where the job has no retry, counted and logged with its stack',
    async (place) => {
      const counted: string[] = [];
      let executed = 0;
      const { app, run, log } = openApp([job(() => ++executed), defineJob({ name: 'other', run: () => 'fine' })]);
      app.insight.meters.listen(meterOf(counted));
      armFailpoint(place, 'throw', { times: 1 });
      const ended = await run('work');
      expect(ended).toMatchObject({ state: 'failed', attempt: 1, crashes: 0, error: { code: 'INTERNAL' } });
      expect(ended.error?.message).toContain(`failpoint ${place}`);
      expect(executed).toBe(place === 'attempt.begin' ? 0 : 1);
      expect(counted).toEqual(['work']);
      const line = log.lines.find(({ text }) => text === 'an error of onejob itself ends an attempt');
      expect(line?.fields).toMatchObject({
        job: 'work',
        run: ended.id,
        stack: expect.stringContaining('failpoint') as string,
      });
      expect(await run('other')).toMatchObject({ state: 'succeeded' });
    },
  );

  test('on the way of an attempt to be parked ends it, and another one goes on', async () => {
    const counted: string[] = [];
    const { app, run } = openApp(
      [job(({ step }) => step.sleep('a while', 1_100), { retry: { attempts: 2, delay: 0 } })],
      {
        limits: { parkAfter: 1 },
      },
    );
    app.insight.meters.listen(meterOf(counted));
    armFailpoint('attempt.park', 'throw', { times: 1 });
    expect(await run('work')).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect(counted).toEqual(['work']);
  });

  test('is tried again as often as the job says, and no more', async () => {
    const counted: string[] = [];
    let executed = 0;
    const { app, run } = openApp([job(() => ++executed, { retry: { attempts: 3, delay: 0 } })]);
    app.insight.meters.listen(meterOf(counted));
    armFailpoint('attempt.begin', 'throw');
    expect(await run('work')).toMatchObject({ state: 'failed', attempt: 3, error: { code: 'INTERNAL' } });
    expect({ executed, counted: counted.length }).toEqual({ executed: 0, counted: 3 });
  });

  test('goes away with the fault: the next attempt succeeds', async () => {
    const { run } = openApp([job(() => 'done', { retry: { attempts: 3, delay: 0 } })]);
    armFailpoint('attempt.conclude', 'throw', { times: 1 });
    expect(await run('work')).toMatchObject({ state: 'succeeded', attempt: 2, output: '"done"' });
  });

  test('in a step whose end the store refuses in any form ends the attempt, and the steps of others are recorded', async () => {
    const store = await openSqliteStore({ path: ':memory:' });
    const refusing = new Proxy(store, {
      get(target, name) {
        if (name !== 'record') {
          const member: unknown = Reflect.get(target, name, target);
          return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
        }
        return async (batch: Parameters<Store['record']>[0]) => {
          const isRefused = batch.entries.map((entry) => entry.kind === 'step' && entry.key === 'cursed');
          const verdicts = await target.record({ ...batch, entries: batch.entries.filter((_, i) => !isRefused[i]) });
          let next = 0;
          return isRefused.map((refused) => (refused ? 'refused' : verdicts[next++]!));
        };
      },
    });
    const { run } = openApp(
      [
        job(({ step }) => step('cursed', () => 1), { retry: { attempts: 2, delay: 0 } }),
        defineJob({ name: 'other', run: ({ step }) => step('blessed', () => 2) }),
      ],
      { store: refusing },
    );
    const [cursed, blessed] = await Promise.all([run('work'), run('other')]);
    expect(cursed).toMatchObject({ state: 'failed', attempt: 2, error: { code: 'INTERNAL' } });
    expect(blessed).toMatchObject({ state: 'succeeded', output: '2' });
  });
});

describe('what only listens fails no run', () => {
  const boom = (): never => {
    throw new Error('no luck');
  };
  const throwing = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : boom) });

  test('a meter that throws at each word', async () => {
    const { app, run } = openApp([job(({ step }) => step('a', () => 1))]);
    const counted: string[] = [];
    app.insight.meters.listen(throwing as Meter);
    app.insight.meters.listen(meterOf(counted));
    expect(await run('work')).toMatchObject({ state: 'succeeded' });
    expect(counted).toEqual([]);
  });

  test('a watcher that throws at each word', async () => {
    const { run } = openApp([
      job(({ log, progress }) => {
        log.info('a line');
        progress(0.5, 'half');
      }),
    ]);
    expect(await run('work', {}, throwing)).toMatchObject({ state: 'succeeded' });
  });

  test('a log that throws at each line', async () => {
    const log: RecordingLog = Object.assign(new RecordingLog(), { info: boom, warn: boom, error: boom, debug: boom });
    log.child = () => log;
    const { run } = openApp([job(({ log: own }) => own.info('a line'))], { log });
    expect(await run('work')).toMatchObject({ state: 'succeeded' });
  });
});

describe('what a handler throws is read whatever it holds', () => {
  test.each([
    ['a level that no log has', new JobError('NO', 'no', { level: 'warning' as FailureLevel }), 'NO'],
    [
      'a level that is a member of any object',
      new JobError('NO', 'no', { level: 'constructor' as FailureLevel }),
      'NO',
    ],
    ['a number as code', new JobError(404 as unknown as string, 'no'), '404'],
    ['U+0000 in its code', new JobError('A\0', 'no'), 'A\u2400'],
    ['half a surrogate pair in its code', new JobError('A\ud800', 'no'), 'A\ufffd'],
    ['an empty code', new JobError('', 'no'), 'JOB_FAILED'],
    [
      'a code of ours that was put in later',
      Object.assign(new JobError('A', 'no'), { code: 'INTERNAL' }),
      'JOB_FAILED',
    ],
    ['half a surrogate pair in its text', new Error('no\ud800'), 'JOB_FAILED'],
    ['a delay that is no time', Object.assign(new RetryLater(0), { delayMs: Number.NaN }), 'JOB_FAILED'],
  ])('%s', async (_, thrown, code) => {
    let executed = 0;
    const { run, log } = openApp([
      job(() => {
        executed++;
        throw thrown;
      }),
    ]);
    expect(await run('work')).toMatchObject({ state: 'failed', attempt: 1, error: { code } });
    expect(executed).toBe(1);
    expect(log.texts('error')).toEqual(['run failed']);
  });
});

describe('a text that no database keeps is refused where it comes in', () => {
  test.each([
    ['the key of a step', ({ step }) => step('Ann\ud83d', () => 1)],
    ['a part of the key of a step', ({ step }) => step(['mail', 'a\0b'], () => 1)],
    ['the key of a sleep', ({ step }) => step.sleep('a\ud800', 1)],
    ['the name of an event', ({ step }) => step.wait('a\ud800', { name: 'plain' })],
  ] satisfies [string, Parameters<typeof job>[0]][])('%s', async (_, handler) => {
    const { run } = openApp([job(handler)]);
    const ended = await run('work');
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'CONFIG_INVALID' } });
    expect(ended.error?.message).toMatch(/half of a surrogate pair or U\+0000/);
  });

  test.each([
    ['two lines', 'X-A', 'a\r\nb'],
    ['U+0000', 'X-A', 'a\0'],
    ['a name with a space', 'X A', 'a'],
  ])('a header of the response with %s', async (_, name, value) => {
    const { run } = openApp([job(({ response }) => void response.header(name, value))]);
    expect((await run('work')).error?.message).toMatch(/no header of one line/);
  });

  test('a header that is a number is its text', async () => {
    const { run } = openApp([job(({ response }) => void response.header('X-Count', 42 as unknown as string))]);
    expect((await run('work')).response?.headers).toEqual([['X-Count', '42']]);
  });
});

test('a thenable that settles twice, or throws when it has, counts once', async () => {
  let executions = 0;
  const { run, steps } = openApp([
    job(async ({ step }) => {
      executions++;
      const twice = {
        then: (yes: (value: number) => void, no: (error: Error) => void) => (yes(1), yes(2), no(new Error())),
      };
      const thrice = {
        then(yes: (value: number) => void) {
          yes(3);
          throw new Error('too late');
        },
      };
      return [await step('twice', () => twice as never), await step('thrice', () => thrice as never)];
    }),
  ]);
  const ended = await run('work');
  expect(ended).toMatchObject({ state: 'succeeded', output: '[1,3]' });
  expect(await steps(ended.id)).toEqual(['twice succeeded 1', 'thrice succeeded 1']);
  expect(executions).toBe(1); // a second record of a step is a conflict, by which the attempt was lost and begun again
});

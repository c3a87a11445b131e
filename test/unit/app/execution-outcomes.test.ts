import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../../src/job/define.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import { JobError, PermanentError, RetryLater } from '../../../src/job/failure.ts';
import type { Run } from '../../../src/job/run.ts';
import { openApp } from '../../support/apps.ts';

/** Runs a handler as the only job of an app. */
async function runOf(run: () => unknown, options: object = {}): Promise<Run> {
  const { run: start } = openApp([defineJob({ name: 'work', ...options, run })]);
  return start('work');
}

function failing(thrown: unknown): Promise<Run> {
  return runOf(() => {
    throw thrown;
  });
}

describe('a handler that returns', () => {
  test('EGO-7 gives its value as JSON', async () => {
    const run = await runOf(() => ({ sum: 3, day: new Date('2026-01-02T03:04:05Z') }));
    expect(run).toMatchObject({ state: 'succeeded', error: null, attempt: 1, crashes: 0 });
    expect(JSON.parse(run.output!)).toEqual({ sum: 3, day: '2026-01-02T03:04:05.000Z' });
  });

  test('EGO-7 gives nothing when it returns nothing', async () => {
    expect(await runOf(() => undefined)).toMatchObject({ state: 'succeeded', output: null });
  });

  test.each([
    ['a Map', () => new Map([[1, 2]]), /a Map cannot be stored/],
    ['a bigint inside', () => ({ a: [1n] }), /\(at a\[0\]\): a bigint/],
    ['NaN', () => Number.NaN, /NaN cannot be stored/],
    ['half a surrogate pair', () => 'x\ud800', /half of a surrogate pair/],
    ['U\\+0000', () => 'x\0y', /U\+0000/],
    ['2 MiB', () => 'x'.repeat(2 * 1_048_576), /larger than the limit of 1,048,576 bytes/],
    [
      'a member that throws',
      () => Object.defineProperty({}, 'bad', { enumerable: true, get: boom }),
      /reading it failed/,
    ],
  ])('%s as its output is VALUE_REJECTED', async (_, value, message) => {
    const run = await runOf(value, { retry: { attempts: 3, delay: 0 } });
    expect(run).toMatchObject({ state: 'failed', attempt: 1, output: null, error: { code: 'VALUE_REJECTED' } });
    expect(run.error?.message).toMatch(message);
  });
});

describe('a handler that throws', () => {
  test('EGO-4 before it returns a promise, or later, fails the run', async () => {
    expect(await failing(new Error('no luck'))).toMatchObject({
      state: 'failed',
      error: { code: 'JOB_FAILED', message: 'no luck', stack: expect.stringContaining('no luck') as string },
    });
    const later = await runOf(() => Promise.reject(new Error('no luck later')));
    expect(later).toMatchObject({ state: 'failed', error: { code: 'JOB_FAILED', message: 'no luck later' } });
  });

  test.each([
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a string', 'no luck', 'no luck'],
    ['a symbol', Symbol('luck'), 'Symbol(luck)'],
    ['an object', { luck: 0 }, '{"luck":0}'],
    ['an error without a text', new RangeError(''), /RangeError|\{\}/],
    ['an object whose getters throw', thorny(), 'an object that cannot be read was thrown'],
    ['a proxy that throws at everything', new Proxy({}, { get: boom, has: boom, getPrototypeOf: boom }), /./],
    ['a text with U+0000 and half a character', new Error('a\0b\ud800c'), 'a\u2400b\ufffdc'],
  ])('%s fails the run all the same', async (_, thrown, message) => {
    const run = await failing(thrown);
    expect(run).toMatchObject({ state: 'failed', error: { code: 'JOB_FAILED' } });
    if (typeof message === 'string') expect(run.error?.message).toBe(message);
    else expect(run.error?.message).toMatch(message);
  });

  test('SJ-16 a JobError shows its code, text and data, is logged at its level, and obeys its own retry', async () => {
    let calls = 0;
    const job = defineJob({
      name: 'find-user',
      retry: { attempts: 5, delay: 0 },
      run: () => {
        calls++;
        throw new JobError('USER_NOT_FOUND', 'no such user', { data: { id: 7 }, level: 'info', retry: false });
      },
    });
    const { run, log } = openApp([job]);
    expect(await run('find-user')).toMatchObject({
      state: 'failed',
      error: { code: 'USER_NOT_FOUND', message: 'no such user', data: { id: 7 } },
    });
    expect(calls).toBe(1);
    expect(log.texts('error')).toEqual([]);
    expect(log.lines.find(({ text }) => text === 'run failed')).toMatchObject({
      level: 'info',
      fields: { code: 'USER_NOT_FOUND', error: 'no such user' },
    });
  });

  test('VT-3 a PermanentError, also as a cause, is not retried', async () => {
    const stop = new PermanentError('stop');
    const causes = [
      { thrown: stop, message: 'stop' },
      { thrown: new Error('outer', { cause: stop }), message: 'outer: stop' },
    ];
    for (const { thrown, message } of causes) {
      let calls = 0;
      const run = await runOf(
        () => {
          calls++;
          throw thrown;
        },
        { retry: { attempts: 5, delay: 0 } },
      );
      expect(run).toMatchObject({ state: 'failed', attempt: 1, error: { message } });
      expect(calls).toBe(1);
    }
  });

  test('a code of ours that nobody acted on is an ordinary failure', async () => {
    // What a client inside the handler throws when another run was cancelled must not cancel this one.
    const run = await failing(new OnejobError('RUN_CANCELLED', 'the other run was cancelled'));
    expect(run).toMatchObject({ state: 'failed', error: { code: 'RUN_CANCELLED' } });
  });
});

describe('retries of code outside steps', () => {
  test('VT-2 execute it as often as `attempts` says, in total, and record the attempt', async () => {
    const seen: number[] = [];
    const job = defineJob({
      name: 'flaky',
      retry: { attempts: 3, delay: 1 },
      run: ({ attempt }) => {
        seen.push(attempt);
        throw new Error(`attempt ${attempt}`);
      },
    });
    expect(await openApp([job]).run('flaky')).toMatchObject({
      state: 'failed',
      attempt: 3,
      error: { message: 'attempt 3' },
    });
    expect(seen).toEqual([1, 2, 3]);
  });

  test('end with the first attempt that returns', async () => {
    const job = defineJob({
      name: 'flaky',
      retry: { attempts: 5, delay: 1 },
      run: ({ attempt }) => {
        if (attempt < 3) throw new Error('not yet');
        return attempt;
      },
    });
    expect(await openApp([job]).run('flaky')).toMatchObject({
      state: 'succeeded',
      attempt: 3,
      output: '3',
      error: null,
    });
  });

  test('between two attempts the run is queued and shows why', async () => {
    const job = defineJob({
      name: 'flaky',
      retry: { attempts: 2, delay: '1h', jitter: 0 },
      run: () => {
        throw new Error('come back later');
      },
    });
    const { app, run: start } = openApp([job]);
    const running = start('flaky', { key: 'a' }).catch(() => null);
    await expect.poll(async () => (await app.client.get('a'))?.state, { interval: 5, timeout: 5_000 }).toBe('queued');
    const run = await app.client.find('a');
    expect(run).toMatchObject({ attempt: 2, error: { message: 'come back later' }, finishedAt: null });
    expect(run.dueAt! - Date.now()).toBeGreaterThan(3_590_000);
    app.interrupt('SIGINT');
    await running;
  });

  test('RetryLater comes back after its own time and uses up no attempt', async () => {
    let calls = 0;
    const job = defineJob({
      name: 'busy',
      run: ({ attempt }) => {
        if (++calls < 4) throw new RetryLater(1);
        return attempt;
      },
    });
    expect(await openApp([job]).run('busy')).toMatchObject({ state: 'succeeded', attempt: 1, output: '1' });
    expect(calls).toBe(4);
  });
});

describe('input', () => {
  const input = z.object({ shop: z.string(), days: z.coerce.number().default(7) });

  test('EGO-5 is parsed by its schema at each attempt, and stored as given', async () => {
    const job = defineJob({ name: 'parse', input, run: ({ input: parsed }) => parsed });
    const run = await openApp([job]).run('parse', { input: { shop: 'a', days: '3' } });
    expect(JSON.parse(run.output!)).toEqual({ shop: 'a', days: 3 });
    expect(JSON.parse(run.input!)).toEqual({ shop: 'a', days: '3' });
  });

  test('VT-7 that fails its schema is refused before anything is stored, each field named', async () => {
    const job = defineJob({ name: 'parse', input, run: () => undefined });
    const { app, run } = openApp([job]);
    const refused = run('parse', { input: { days: 'x' } });
    await expect(refused).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      data: { fields: [{ path: 'shop' }, { path: 'days' }] },
    });
    expect((await app.client.list()).items).toEqual([]);
  });

  test('that is no longer valid at an attempt fails the run without a retry', async () => {
    let isStrict = false;
    const job = defineJob({
      name: 'parse',
      retry: { attempts: 5, delay: 0 },
      input: z.unknown().refine(() => !isStrict, 'no longer taken'),
      run: () => undefined,
    });
    const { app } = openApp([job]);
    const { id } = await app.client.enqueue(job, 1);
    isStrict = true;
    await app.start();
    expect(await app.client.wait(id, { timeout: '50s' })).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { code: 'INPUT_INVALID', message: 'the input of parse is not valid: no longer taken' },
    });
  });

  test('EGO-5 a body is JSON where it parses, else the text itself', async () => {
    const job = defineJob({
      name: 'echo',
      run: async ({ input: given, request }) => ({ given: given ?? null, body: await request.text() }),
    });
    const { run } = openApp([job]);
    const echoed = async (body: string) => JSON.parse((await run('echo', { body })).output!) as unknown;
    expect(await echoed('{"username": "ego"}')).toEqual({ given: { username: 'ego' }, body: '{"username": "ego"}' });
    expect(await echoed('{"a":1}')).toEqual({ given: { a: 1 }, body: '{"a":1}' });
    expect(await echoed('hello')).toEqual({ given: 'hello', body: 'hello' });
    expect(await echoed('')).toEqual({ given: null, body: '' });
  });

  test('EGO-5 with a schema a body that is not JSON says so', async () => {
    const job = defineJob({ name: 'parse', input, run: () => undefined });
    await expect(openApp([job]).run('parse', { body: '{nope' })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('is not JSON') as string,
    });
  });
});

describe('what came with the run', () => {
  test('EGO-6, EGO-27 headers are read as text, any language', async () => {
    const job = defineJob({
      name: 'headers',
      run: ({ header, request, args }) => ({
        user: header('USER'),
        test: request.headers.get('test'),
        raw: Buffer.from(request.headers.get('user') ?? '', 'latin1').toString('utf8'),
        none: header('nothing') ?? null,
        args,
      }),
    });
    const run = await openApp([job]).run('headers', {
      headers: [
        ['test', 'k=a=b'],
        ['user', '张三'],
      ],
      args: ['a', ''],
    });
    expect(JSON.parse(run.output!)).toEqual({ user: '张三', test: 'k=a=b', raw: '张三', none: null, args: ['a', ''] });
  });

  test('EGO-19 a traceparent is continued, else the trace is fresh', async () => {
    const job = defineJob({ name: 'trace', run: ({ run }) => run.traceId });
    const { run, log } = openApp([job]);
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const given = await run('trace', { headers: [['traceparent', `00-${traceId}-00f067aa0ba902b7-01`]] });
    expect(given).toMatchObject({ traceId, output: JSON.stringify(traceId) });
    expect((await run('trace')).traceId).toMatch(/^[0-9a-f]{32}$/);
    const started = log.lines.find(({ text }) => text === 'run started');
    expect(started?.fields).toMatchObject({ traceId, run: given.id });
  });

  test('EGO-7 what is written to the response is kept beside the output', async () => {
    const job = defineJob({
      name: 'answer',
      run: ({ response }) => {
        response.status(201).header('X-Kind', 'text').write('hello ').write('world');
        return 1;
      },
    });
    expect(await openApp([job]).run('answer')).toMatchObject({
      output: '1',
      response: { status: 201, headers: [['X-Kind', 'text']], body: 'hello world' },
    });
  });

  test('a response that is larger than an output may be is VALUE_REJECTED', async () => {
    const job = defineJob({
      name: 'answer',
      run: ({ response }) => void response.write('x'.repeat(700)).write('y'.repeat(700)),
    });
    const run = await openApp([job], { limits: { value: 1_000 } }).run('answer');
    expect(run).toMatchObject({ state: 'failed', error: { code: 'VALUE_REJECTED' } });
  });
});

function boom(): never {
  throw new Error('no message');
}

function thorny(): object {
  const get = boom;
  return Object.defineProperties({}, { message: { get }, cause: { get }, stack: { get }, toJSON: { get } });
}

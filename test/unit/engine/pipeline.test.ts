import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import { definePipeline } from '../../../src/job/pipeline.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

const input = z.object({ name: z.string() });

describe('a pipeline', () => {
  test('VT-1 hands each step the saved context as the step before left it', async () => {
    const greet = definePipeline({ name: 'greet', input })
      .step('hello', (context) => ({ ...context, text: `hello ${context.name}`, when: new Date(0) }))
      .step('shout', (context) => void (context.text = context.text.toUpperCase()))
      .step('check', (context) => ({ ...context, type: typeof context.when }));
    const { run, steps } = openApp([greet]);
    const { id, output } = await run('greet', { input: { name: 'ego' } });
    expect(JSON.parse(output!)).toEqual({
      name: 'ego',
      text: 'HELLO EGO',
      when: '1970-01-01T00:00:00.000Z',
      type: 'string',
    });
    expect(await steps(id)).toEqual(['hello succeeded 1', 'shout succeeded 1', 'check succeeded 1']);
  });

  test('VT-1 starts a retry from the saved context, not from what the failed try left', async () => {
    const seen: number[] = [];
    const count = definePipeline({ name: 'count', input: z.object({ n: z.number() }) }).step(
      'add',
      { retry: { attempts: 3, delay: 0 } },
      (context) => {
        seen.push(context.n);
        context.n++;
        if (seen.length < 3) throw new Error('no luck');
      },
    );
    const { output } = await openApp([count]).run('count', { input: { n: 7 } });
    expect(seen).toEqual([7, 7, 7]);
    expect(output).toBe('{"n":8}');
  });

  test('VT-1 gives its steps key, attempt, signal, log and progress', async () => {
    const told: unknown[] = [];
    const work = definePipeline({ name: 'work', input }).step(
      'one',
      (_, { key, attempt, signal, log, progress, run }) => {
        log.info('in a step');
        progress(1);
        told.push(key === `${run.id}:one`, attempt, signal.aborted);
      },
    );
    const { run, lines } = openApp([work]);
    const { id } = await run('work', { input: { name: 'ego' } });
    expect(told).toEqual([true, 1, false]);
    expect((await lines(id)).map(({ text }) => text)).toEqual(['in a step']);
  });

  test('VT-1 refuses two steps of one name', () => {
    const once = definePipeline({ name: 'work' }).step('one', () => 1);
    expect(() => once.step('one', () => 2)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  test('VT-4 calls onSuccess or onFailure with the final context; a throw there changes nothing', async () => {
    const told: unknown[] = [];
    const work = definePipeline({ name: 'work', input })
      .step('one', (context) => ({ ...context, one: true }))
      .step('two', (context) => {
        if (context.name === 'bad') throw new Error('no luck');
        return { ...context, two: true };
      })
      .onSuccess(({ state, output, error }) => {
        told.push([state, output, error]);
        throw new Error('the callback is broken');
      })
      .onFailure(({ state, output, error }) => told.push([state, output, error?.message]));
    const { run } = openApp([work]);
    expect(await run('work', { input: { name: 'ego' } })).toMatchObject({ state: 'succeeded' });
    expect(await run('work', { input: { name: 'bad' } })).toMatchObject({ state: 'failed' });
    await until('both are told', () => told.length === 2);
    expect(told).toEqual([
      ['succeeded', { name: 'ego', one: true, two: true }, null],
      ['failed', { name: 'bad', one: true }, 'no luck'],
    ]);
  });

  test('VT-4 calls back although the store is away for a moment', async () => {
    const real = await openSqliteStore({ path: ':memory:' });
    let hasFailed = false;
    const refused = new Set<unknown>();
    const store = new Proxy(real, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (hasFailed && (name === 'get' || name === 'steps') && !refused.has(name)) {
            refused.add(name);
            return Promise.reject(new OnejobError('STORE_UNAVAILABLE', 'the server restarts'));
          }
          return Reflect.apply(value, target, args);
        };
      },
    });
    const called = createDeferred<unknown>();
    const work = definePipeline({ name: 'work' })
      .step('one', () => ({ a: 1 }))
      .step('two', () => {
        hasFailed = true;
        throw new Error('no luck');
      })
      .onFailure(({ output }) => called.resolve(output));
    const { app } = openApp([work], { store });
    await app.start();
    await app.client.enqueue(work);
    expect(await called.promise).toEqual({ a: 1 });
    expect([...refused]).toEqual(['get', 'steps']);
  });
});

import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createClient } from '../../../src/app/client/create-client.ts';
import { defineJob } from '../../../src/job/define.ts';
import { JobError } from '../../../src/job/failure.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { isId } from '../../../src/std/id.ts';
import { fileStore, openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

const add = defineJob({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  run: ({ input: { a, b } }) => ({ sum: a + b }),
});
const broken = defineJob({
  name: 'broken',
  run: () => {
    throw new JobError('NO_LUCK', 'none today', { data: { try: 7 } });
  },
});

describe('enqueue', () => {
  test('VT-5 gives id, key, jobId and created; the result comes when a worker has run it', async () => {
    const { app } = openApp([add]);
    const handle = await app.client.enqueue(add, { a: 1 });
    expect(handle).toMatchObject({ key: null, jobId: handle.id, created: true });
    expect(isId(handle.id)).toBe(true);
    expect((await app.client.find(handle.id)).state).toBe('queued');
    await app.start();
    const { sum } = await handle.result({ timeout: '50s' });
    expect(sum).toBe(2);
  });

  test('VT-5 by name, from a client without the code of the job; its input is then checked by the worker', async () => {
    const store = await fileStore();
    const client = createClient({ store });
    onTestFinished(() => client.close());
    const good = await client.enqueue<typeof add>('add', { a: 2, b: 3 });
    const bad = await client.enqueue('add', { a: 'x' });
    const { app } = openApp([add], { store });
    await app.start();
    expect(await good.result({ timeout: '50s' })).toEqual({ sum: 5 });
    await expect(bad.result({ timeout: '50s' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  test('VT-7 an unknown job, where jobs are known, and input that fails its schema are refused; no row is written', async () => {
    const { app } = openApp([add]);
    await expect(app.client.enqueue('sub', { a: 1 })).rejects.toMatchObject({ code: 'JOB_UNKNOWN' });
    await expect(app.client.enqueue(add, { a: 'x' } as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(app.client.enqueue(add, { a: 1n } as never)).rejects.toMatchObject({ code: 'VALUE_REJECTED' });
    expect((await app.client.list()).items).toEqual([]);
  });

  test('VT-7 an app that is stopping takes nothing more; no row is written', async () => {
    const begun = createDeferred<void>();
    const release = createDeferred<void>();
    const long = defineJob({
      name: 'long',
      run: async () => {
        begun.resolve();
        await release.promise;
      },
    });
    const store = await fileStore();
    const { app } = openApp([long, add], { store });
    await app.start();
    const { id } = await app.client.enqueue(long);
    await begun.promise;
    const stopped = app.stop();
    await expect(app.client.enqueue(add, { a: 1 })).rejects.toMatchObject({ code: 'APP_STOPPING' });
    await expect(app.enqueue([{ job: 'add', input: { a: 1 }, trigger: 'api' }])).rejects.toMatchObject({
      code: 'APP_STOPPING',
    });
    release.resolve();
    await stopped;
    await expect(app.client.enqueue(add, { a: 1 })).rejects.toMatchObject({ code: 'APP_STOPPING' });
    const { items } = await openApp([], { store }).app.client.list();
    expect(items.map((run) => run.id)).toEqual([id]);
  });

  test('VT-6 an existing key gives its run with created: false; with another input it is KEY_CONFLICT', async () => {
    const { app } = openApp([add, broken]);
    const first = await app.client.enqueue(add, { a: 1 }, { key: 'k' });
    expect(first).toMatchObject({ key: 'k', jobId: 'k', created: true });
    const second = await app.client.enqueue(add, { a: 1 }, { key: 'k' });
    expect(second).toMatchObject({ id: first.id, created: false });
    await expect(app.client.enqueue(add, { a: 2 }, { key: 'k' })).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      data: { run: first.id, key: 'k' },
    });
    await expect(app.client.enqueue(broken, undefined, { key: 'k' })).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    expect((await app.client.list()).items).toHaveLength(1);
  });

  test('VT-5 many at once: all or none, answered in order', async () => {
    const { app } = openApp([add]);
    const handles = await app.client.enqueueMany(add, [
      { input: { a: 1 }, key: 'one' },
      { input: { a: 2 } },
      { input: { a: 1 }, key: 'one' },
    ]);
    expect(handles.map(({ created }) => created)).toEqual([true, true, false]);
    expect(handles[2]?.id).toBe(handles[0]?.id);
    for (const second of [{ a: 'x' } as never, { a: 9 }]) {
      const refused = app.client.enqueueMany(add, [{ input: { a: 7 } }, { input: second, key: 'one' }]);
      await expect(refused).rejects.toMatchObject({
        code: expect.stringMatching(/INPUT_INVALID|KEY_CONFLICT/) as string,
      });
    }
    await expect(
      app.client.enqueueMany(add, [
        { input: { a: 1 }, key: 'new' },
        { input: { a: 2 }, key: 'new' },
      ]),
    ).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    expect((await app.client.list()).items).toHaveLength(2);
  });

  test('VT-5 delay and priority decide when it runs', async () => {
    const order: unknown[] = [];
    const job = defineJob({ name: 'note', run: ({ input }) => void order.push(input) });
    const { app } = openApp([job], { concurrency: 1 });
    await app.client.enqueue(job, 'low', { priority: -1 });
    await app.client.enqueue(job, 'high', { priority: 5 });
    await app.client.enqueue(job, 'later', { delay: '1h', priority: 9 });
    await app.start();
    await until('both have run', () => order.length === 2);
    expect(order).toEqual(['high', 'low']);
    const { id } = await app.client.enqueue(job, 'soon', { delay: 150 });
    const { startedAt, createdAt } = await app.client.wait(id);
    expect(startedAt! - createdAt).toBeGreaterThanOrEqual(150);
    await expect(app.client.enqueue(job, 1, { priority: 5_000 })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('reading', () => {
  test('finds a run by id, key, and a unique end of its id; an end of several is refused', async () => {
    const { app } = openApp([add]);
    const one = await app.client.enqueue(add, { a: 1 }, { key: 'my key' });
    for (const ref of [one.id, 'my key', one.id.slice(-8), one.id.slice(-6)]) {
      expect((await app.client.find(ref)).id).toBe(one.id);
    }
    expect(await app.client.get('nothing')).toBe(null);
    await expect(app.client.find('nothing')).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
  });

  test('VT-15 getMany asks once and answers in order, null for what is unknown', async () => {
    const { app } = openApp([add]);
    const inner = await app.openStore();
    const one = await app.client.enqueue(add, { a: 1 }, { key: 'my key' });
    const two = await app.client.enqueue(add, { a: 2 });
    const calls: unknown[] = [];
    const store = new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          calls.push(name);
          return Reflect.apply(member, target, args);
        };
      },
    });
    const client = createClient({ store, migrate: 'manual' });
    expect(await client.getMany([two.id, 'nothing', 'my key', one.id])).toMatchObject([
      { id: two.id, input: '{"a":2}' },
      null,
      { id: one.id },
      { id: one.id },
    ]);
    expect(calls).toEqual(['get']);
  });

  test('lists by job and state, newest first, page by page', async () => {
    const { app } = openApp([add, broken]);
    const handles = await app.client.enqueueMany(
      add,
      [1, 2, 3].map((a) => ({ input: { a } })),
    );
    await app.client.enqueue(broken);
    const { items, next } = await app.client.list({ job: 'add', limit: 2 });
    expect(items.map(({ id }) => id)).toEqual([handles[2]?.id, handles[1]?.id]);
    const second = await app.client.list({ job: 'add', limit: 2, cursor: next! });
    expect(second.items.map(({ id }) => id)).toEqual([handles[0]?.id]);
    expect((await app.client.list({ states: ['failed'] })).items).toEqual([]);
    for (const cursor of ['', 'abc']) {
      await expect(app.client.list({ cursor })).rejects.toMatchObject({ code: 'USAGE' });
    }
  });

  test('waits for the end, up to its time-out, which does not touch the run', async () => {
    const release = createDeferred<void>();
    const slow = defineJob({ name: 'slow', run: () => release.promise });
    const { app } = openApp([slow]);
    await app.start();
    const { id } = await app.client.enqueue(slow);
    await expect(app.client.wait(id, { timeout: 30 })).rejects.toMatchObject({ code: 'WAIT_TIMED_OUT' });
    await expect(app.client.wait(id, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    await expect(app.client.wait('nothing')).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
    release.resolve();
    expect(await app.client.wait(id)).toMatchObject({ state: 'succeeded' });
  });

  test('result throws what the run failed with', async () => {
    const { app } = openApp([broken]);
    await app.start();
    const handle = await app.client.enqueue(broken);
    await expect(handle.result({ timeout: '50s' })).rejects.toMatchObject({
      code: 'NO_LUCK',
      message: 'none today',
      data: { try: 7 },
    });
  });

  test('lines follow a run until its end, each once, in order, from any place on', async () => {
    const gate = createDeferred<void>();
    const chatty = defineJob({
      name: 'chatty',
      run: async ({ log }) => {
        for (let i = 1; i <= 3; i++) log.info(`early ${i}`);
        await gate.promise;
        for (let i = 1; i <= 3; i++) log.info(`late ${i}`);
      },
    });
    const { app } = openApp([chatty]);
    await app.start();
    const { id } = await app.client.enqueue(chatty);
    const texts: string[] = [];
    let last = 0;
    for await (const { seq, line } of app.client.lines(id, { follow: true })) {
      texts.push(line.text);
      if (line.text === 'early 3') gate.resolve();
      if (line.text.startsWith('early')) last = seq;
    }
    expect(texts).toEqual(['early 1', 'early 2', 'early 3', 'late 1', 'late 2', 'late 3']);
    const rest: string[] = [];
    for await (const { line } of app.client.lines(id, { after: last })) rest.push(line.text);
    expect(rest).toEqual(['late 1', 'late 2', 'late 3']);
  });

  test('a follower that has enough leaves', async () => {
    const slow = defineJob({ name: 'slow', run: ({ step }) => step.wait('never') });
    const { app } = openApp([slow]);
    const { id } = await app.client.enqueue(slow);
    const enough = new AbortController();
    setTimeout(() => enough.abort(), 20);
    const texts: string[] = [];
    for await (const { line } of app.client.lines(id, { follow: true, signal: enough.signal })) texts.push(line.text);
    expect(texts).toEqual([]);
  });
});

describe('restart and retry', () => {
  /** Three steps; `isBroken` makes the second fail. */
  function setUp() {
    const calls: string[] = [];
    const state = { isBroken: false };
    const job = defineJob({
      name: 'work',
      run: async ({ step }) => {
        const keys: string[] = [];
        for (const name of ['one', 'two', 'three']) {
          await step(name, ({ key }) => {
            calls.push(name);
            keys.push(key.split(':').slice(1).join(':'));
            if (name === 'two' && state.isBroken) throw new Error('no luck');
          });
        }
        return keys;
      },
    });
    return { calls, state, ...openApp([job]) };
  }

  test('VT-13 forgets the step and all first asked for after it; earlier results are kept, keys are new', async () => {
    const { app, calls, run } = setUp();
    const { id } = await run('work', { key: 'a' });
    expect(await app.client.restart('a', { from: 'two' })).toMatchObject({ verdict: 'done', run: id });
    const again = await run('work', { key: 'a' });
    expect(again).toMatchObject({ id, state: 'succeeded', generation: 1 });
    expect(calls).toEqual(['one', 'two', 'three', 'two', 'three']);
    expect(JSON.parse(again.output!)).toEqual(['1:two', '1:three']);
  });

  test('VT-13 without a step begins anew', async () => {
    const { app, calls, run } = setUp();
    await run('work', { key: 'a' });
    await app.client.restart('a');
    await run('work', { key: 'a' });
    expect(calls).toEqual(['one', 'two', 'three', 'one', 'two', 'three']);
  });

  test('VT-13 of an unknown step is STEP_UNKNOWN, on an unfinished run RUN_ACTIVE; nothing changes', async () => {
    const { app, run, calls } = setUp();
    await run('work', { key: 'a' });
    await expect(app.client.restart('a', { from: 'four' })).rejects.toMatchObject({ code: 'STEP_UNKNOWN' });
    await expect(app.client.restart('a', { from: 9 })).rejects.toMatchObject({ code: 'STEP_UNKNOWN' });
    await app.client.restart('a', { from: 3 });
    await expect(app.client.restart('a', { from: 3 })).rejects.toMatchObject({ code: 'RUN_ACTIVE' });
    await expect(app.client.restart('a')).rejects.toMatchObject({ code: 'RUN_ACTIVE' });
    await run('work', { key: 'a' });
    expect(calls).toEqual(['one', 'two', 'three', 'three']);
  });

  test('VT-13 retry forgets failed steps only, of a run that did not succeed', async () => {
    const { app, run, calls, state } = setUp();
    state.isBroken = true;
    expect(await run('work', { key: 'a' })).toMatchObject({ state: 'failed' });
    state.isBroken = false;
    await app.client.retry('a');
    expect(await run('work', { key: 'a' })).toMatchObject({ state: 'succeeded', attempt: 2, generation: 0 });
    expect(calls).toEqual(['one', 'two', 'two', 'three']);
    await expect(app.client.retry('a')).rejects.toMatchObject({ code: 'RUN_FINISHED' });
  });

  test('VT-13 a cancelled run can be restarted, and its old cancel does not end it again', async () => {
    const { app, run } = setUp();
    const handle = await app.client.enqueue('work', undefined, { key: 'b' });
    await handle.cancel();
    await app.client.restart('b');
    expect(await run('work', { key: 'b' })).toMatchObject({ state: 'succeeded', error: null });
  });
});

describe('pauses', () => {
  test('VT-22 nothing of a paused job is claimed until it is resumed', async () => {
    const { app } = openApp([add, broken]);
    await app.start();
    await app.client.pause({ type: 'job', name: 'add' }, { reason: 'broken upstream' });
    const held = await app.client.enqueue(add, { a: 1 });
    const other = await app.client.enqueue(broken);
    await app.client.wait(other.id, { timeout: '50s' });
    expect((await app.client.find(held.id)).state).toBe('queued');
    expect(await app.client.explain(held.id)).toMatchObject({
      reason: 'paused',
      text: expect.stringContaining('broken upstream') as string,
    });
    await app.client.resume({ type: 'job', name: 'add' });
    expect(await held.result({ timeout: '50s' })).toEqual({ sum: 2 });
  });
});

test('an event without a name is refused', async () => {
  const { app } = openApp([add]);
  const { id } = await app.client.enqueue(add, { a: 1, b: 2 }, { delay: '1h' });
  await expect(app.client.send(id, '')).rejects.toMatchObject({ code: 'USAGE' });
});

test('an event to a run with a full mailbox is refused in a sentence, and a cancel is not', async () => {
  const { app } = openApp([add]);
  const { id } = await app.client.enqueue(add, { a: 1 }, { delay: '1h' });
  const data = 'x'.repeat(1_000_000);
  for (let n = 0; n < 17; n++) await app.client.send(id, 'go', data);
  await expect(app.client.send(id, 'go')).rejects.toMatchObject({
    code: 'MAILBOX_FULL',
    hint: expect.stringContaining(`onejob runs show ${id}`) as string,
  });
  expect(await app.client.cancel(id)).toMatchObject({ verdict: 'done' });
});

test('a client that was closed refuses, and closing twice is closing once', async () => {
  const client = createClient({ store: 'memory:' });
  await client.list();
  await client.close();
  await client.close();
  await expect(client.list()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

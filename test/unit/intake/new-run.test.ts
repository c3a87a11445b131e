import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { newRun } from '../../../src/intake/new-run.ts';
import type { RunRequest } from '../../../src/intake/run-request.ts';
import { callbackKey } from '../../../src/job/callbacks.ts';
import { defineJob, type AnyJob } from '../../../src/job/define.ts';
import { isId } from '../../../src/std/id.ts';

const plain = defineJob({ name: 'plain', run: () => undefined });

function submit(request: Partial<RunRequest> = {}, job: AnyJob | { name: string } = plain, maxBytes = 1_000) {
  return newRun(job, { input: undefined, trigger: 'api', ...request }, maxBytes);
}

describe('a new run', () => {
  test('has an id of its own, and is its own root', async () => {
    const [one, two] = await Promise.all([submit(), submit()]);
    expect(isId(one.id)).toBe(true);
    expect(one.id).not.toBe(two.id);
    expect(one).toMatchObject({ root: one.id, parent: null, key: null, input: null, digest: null, request: null });
  });

  test('takes queue, limits, priority and crashes from its job, unless the wish says otherwise', async () => {
    const job = defineJob({
      name: 'limited',
      queue: 'slow',
      priority: 7,
      timeout: '5m',
      deadline: '3d',
      maxCrashes: 9,
      run: () => undefined,
    });
    expect(await submit({}, job)).toMatchObject({
      queue: 'slow',
      priority: 7,
      timeoutMs: 300_000,
      deadlineMs: 259_200_000,
      maxCrashes: 9,
    });
    expect(await submit({ timeout: 5, priority: -1 }, job)).toMatchObject({ timeoutMs: 5, priority: -1 });
    expect(await submit({ timeout: 0.5, delay: 1.5 }, job)).toMatchObject({ timeoutMs: 1, delayMs: 2 });
    expect(await submit({}, { name: 'elsewhere' })).toMatchObject({
      job: 'elsewhere',
      queue: 'default',
      timeoutMs: null,
    });
  });

  test('a priority out of range is refused', async () => {
    for (const priority of [1_001, 0.5, Number.NaN]) {
      await expect(submit({ priority })).rejects.toMatchObject({ code: 'USAGE' });
    }
  });
});

describe('its input', () => {
  test('is stored as given and digested in canonical form', async () => {
    const [one, two, three] = await Promise.all([
      submit({ input: { a: 1, b: [1.5, 'x'] }, key: 'k' }),
      submit({ input: { b: [1.5, 'x'], a: 1 }, key: 'k' }),
      submit({ input: { a: 1, b: [1.5, 'y'] }, key: 'k' }),
    ]);
    expect(one.input).toBe('{"a":1,"b":[1.5,"x"]}');
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(two.digest).toBe(one.digest);
    expect(three.digest).not.toBe(one.digest);
    expect((await submit({ input: { a: 1 } })).digest).toBe(null); // without a key nobody compares it
  });

  test('is checked by the schema as it will be read, but stored as given', async () => {
    const job = defineJob({ name: 'dates', input: z.object({ at: z.coerce.date() }), run: () => undefined });
    expect(await submit({ input: { at: new Date(0) } }, job)).toMatchObject({
      input: '{"at":"1970-01-01T00:00:00.000Z"}',
    });
    await expect(submit({ input: { at: 'never' } }, job)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  test('that cannot be stored is VALUE_REJECTED, one that is too large PAYLOAD_TOO_LARGE', async () => {
    for (const input of [1n, { a: new Set() }, 'a\0b']) {
      await expect(submit({ input })).rejects.toMatchObject({ code: 'VALUE_REJECTED' });
    }
    await expect(submit({ input: 'x'.repeat(2_000) })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });
});

describe('its key', () => {
  const keyed = defineJob({
    name: 'import',
    input: z.object({ shop: z.string().trim() }),
    key: ({ shop }) => shop,
    run: () => undefined,
  });

  test('is the given one, or that of the job made from the parsed input', async () => {
    expect((await submit({ input: { shop: ' a ' } }, keyed)).key).toBe('import/a');
    expect((await submit({ input: { shop: 'a' }, key: 'mine' }, keyed)).key).toBe('mine');
  });

  test('is none for a child, which belongs to the step of its parent', async () => {
    const child = await submit({ input: { shop: 'a' }, parent: { run: 'p', root: 'r' } }, keyed);
    expect(child).toMatchObject({ key: null, parent: 'p', root: 'r' });
  });

  test.each([[''], ['x'.repeat(501)], ['a\u0000'], [7], [null]])(
    'that a caller gives as %j is refused',
    async (key) => {
      await expect(submit({ key: key as string })).rejects.toMatchObject({ code: 'USAGE' });
    },
  );

  test('VT-4 that a callback of another run will have is no caller’s', async () => {
    const { id, key } = await submit({ key: 'a' });
    for (const taken of [callbackKey({ id, epoch: 1 }), 'callback:']) {
      await expect(submit({ key: taken })).rejects.toMatchObject({ code: 'USAGE', hint: expect.any(String) });
    }
    expect(key).toBe('a');
    expect(await submit({ key: 'my callback:1' })).toMatchObject({ key: 'my callback:1' });
  });

  test.each([[''], ['x'.repeat(401)], [7], [null]])('that comes out as %j is refused', async (key) => {
    const job = defineJob({ name: 'import', key: () => key as string, run: () => undefined });
    await expect(submit({}, job)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('its trace', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const parent = (value: string) => submit({ headers: [['TraceParent', value]] });

  test('EGO-19 goes on from traceparent', async () => {
    expect((await parent(`00-${trace}-00f067aa0ba902b7-01`)).traceId).toBe(trace);
  });

  test.each([
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${trace}-00f067aa0ba902b7`,
    `00-${trace.toUpperCase()}-00f067aa0ba902b7-01`,
    'nonsense',
    '',
  ])('EGO-19 is a fresh one for %j', async (value) => {
    const { traceId } = await parent(value);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traceId).not.toBe(trace);
  });
});

describe('the stored request', () => {
  test('EGO-28 has body and headers but those that carry secrets', async () => {
    const { request } = await submit({
      body: '{"a": 1}',
      headers: [
        ['AUTHORIZATION', 'x'],
        ['Cookie', 'x'],
        ['Proxy-Authorization', 'x'],
        ['X-Shop', '张三'],
      ],
    });
    expect(request).toEqual({ headers: [['X-Shop', '张三']], body: '{"a": 1}', encoding: 'utf8' });
  });

  test.each([
    ['', 'x'],
    ['a b', 'x'],
    ['X-张', 'x'],
    ['X-Shop', 'a\nb'],
    ['X-Shop', 'a\r'],
    ['X-Shop', 'a\0'],
  ])('EGO-28 takes no header that the job could not read: %j: %j', async (name, value) => {
    expect(() => new Headers([[name, `${value}.`]])).toThrow(TypeError);
    await expect(submit({ headers: [[name, value]] })).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('EGO-28 is none where there is nothing to keep', async () => {
    expect((await submit({ headers: [['cookie', 'x']] })).request).toBe(null);
  });

  test('EGO-28 a body over the limit is PAYLOAD_TOO_LARGE, counted in bytes', async () => {
    await expect(submit({ body: '张'.repeat(334) })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect((await submit({ body: '张'.repeat(333) })).request?.body).toHaveLength(333);
  });
});

import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { defineJob, isJob, named } from '../../../src/job/define.ts';
import type { InputOf, OutputOf } from '../../../src/job/reference.ts';

const run = () => 1;

test('a job needs nothing but what it does', () => {
  const job = defineJob({ name: 'ping', run });
  expect(job).toMatchObject({
    name: 'ping',
    summary: '',
    details: '',
    examples: [],
    input: undefined,
    key: undefined,
    retry: { attempts: 1 },
    timeoutMs: null,
    deadlineMs: null,
    graceMs: 10_000,
    queue: 'default',
    priority: 0,
    maxCrashes: 3,
    cli: { short: {}, positional: [] },
    run,
  });
  expect(isJob(job)).toBe(true);
});

test('durations become milliseconds', () => {
  const job = defineJob({ name: 'a', timeout: '5m', deadline: '3d', grace: 500, run });
  expect(job).toMatchObject({ timeoutMs: 300_000, deadlineMs: 259_200_000, graceMs: 500 });
  const fractions = defineJob({ name: 'b', timeout: 1.5, deadline: '1.0005s', grace: 0.1, run });
  expect(fractions).toMatchObject({ timeoutMs: 2, deadlineMs: 1_001, graceMs: 1 });
});

test('a queue has a name', () => {
  for (const queue of ['', 'q'.repeat(201), 7 as never]) {
    expect(() => defineJob({ name: 'a', queue, run })).toThrow(/job a: queue is a name of 1 to 200 characters/);
  }
  expect(defineJob({ name: 'a', queue: 'mail', run }).queue).toBe('mail');
});

test('a definition knows where it stands', () => {
  const job = defineJob({ name: 'a', run });
  expect(job.place).toMatch(/define\.test\.ts:\d+$/);
});

test('EGO-24 a wrong name is refused with the place', () => {
  for (const name of ['', 'send_report', 'a b']) {
    expect(() => defineJob({ name, run })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('define.test.ts') }),
    );
  }
});

test('a definition without a name gets that of its file', () => {
  const job = defineJob({ run });
  expect(job.name).toBe('');
  expect(named(job, 'from-file', 'jobs/from-file.job.ts')).toMatchObject({
    name: 'from-file',
    place: 'jobs/from-file.job.ts',
  });
  expect(() => named(job, 'not a name', 'jobs/x.job.ts')).toThrow(/jobs\/x\.job\.ts/);
  expect(isJob(named(job, 'from-file', 'x'))).toBe(true);
});

test('an option that does not exist is refused and the known ones are told', () => {
  const options = { name: 'a', run, retries: 3 };
  expect(() => defineJob(options)).toThrow(/a: defineJob knows no option retries; it knows name, summary/);
});

test('a job without a function is refused', () => {
  expect(() => defineJob({ name: 'a' } as never)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('run is missing') }),
  );
});

test('numbers and durations out of range are refused with the job and the option', () => {
  for (const [option, value] of [
    ['priority', 1_001],
    ['priority', 0.5],
    ['maxCrashes', 0],
    ['maxCrashes', Number.NaN],
    ['timeout', '10 minutes'],
    ['deadline', -1],
    ['grace', ''],
  ] as const) {
    expect(() => defineJob({ name: 'a', run, [option]: value } as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`job a: ${option}`) }),
    );
  }
});

test('jobs of another loaded copy are recognised', () => {
  expect(isJob({ [Symbol.for('onejob.job')]: true, name: 'a' })).toBe(true);
  for (const value of [null, undefined, 'job', {}, run]) expect(isJob(value)).toBe(false);
});

test('types follow the schema and what the handler returns', () => {
  const job = defineJob({
    name: 'a',
    input: z.object({ shop: z.string(), days: z.coerce.number().default(1) }),
    key: ({ shop, days }) => `${shop}:${days.toFixed(0)}`,
    run: ({ input }) => {
      expectTypeOf(input).toEqualTypeOf<{ shop: string; days: number }>();
      return { at: new Date(0), shop: input.shop };
    },
  });
  expectTypeOf<OutputOf<typeof job>>().toEqualTypeOf<{ at: string; shop: string }>();
  expectTypeOf<InputOf<typeof job>['shop']>().toEqualTypeOf<string>();
  expect(job.key?.({ shop: 'a', days: 2 })).toBe('a:2');
});

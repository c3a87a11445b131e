import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob, definePipeline, JobError } from '../../../src/index.ts';
import { createFakeClock, testJob } from '../../../src/testing/index.ts';

const charge = defineJob({
  name: 'charge',
  input: z.object({ shop: z.string(), amount: z.number().default(5) }),
  async run({ input, step, log, progress, header }) {
    log.info('begin', { shop: input.shop, user: header('user') });
    const orders = await step('fetch', (): number[] => {
      throw new Error('the network is not there in a test');
    });
    progress(0.5, 'half');
    await step.sleep('cool off', '3d');
    const ok = await step.wait('approved', { schema: z.boolean(), timeout: '2d', orElse: false });
    for (const order of orders) await step(['charge', order], () => order * input.amount);
    return { orders, ok };
  },
});

test('SJ-17 a job runs in memory with fakes for its steps, and sleeps take no time', async () => {
  const run = await testJob(charge, {
    input: { shop: 'a' },
    header: { user: '张三' },
    steps: { fetch: () => [1, 2], approved: () => true },
  });
  expect(run.state).toBe('succeeded');
  expect(run.output).toEqual({ orders: [1, 2], ok: true });
  expect(run.steps.map(({ key, output }) => [key, output])).toEqual([
    ['fetch', [1, 2]],
    ['cool off', undefined],
    ['approved', true],
    ['charge:1', 5],
    ['charge:2', 10],
  ]);
  expect(run.logs.map(({ text, fields }) => [text, fields])).toEqual([['begin', { shop: 'a', user: '张三' }]]);
  expect(run.progress).toEqual({ fraction: 0.5, text: 'half' });
});

test('SJ-17 a wait that nobody answers runs into its time-out on the fake clock', async () => {
  const clock = createFakeClock();
  const before = clock.now();
  const run = await testJob(charge, { input: { shop: 'a' }, steps: { fetch: () => [] }, clock });
  expect(run.output).toEqual({ orders: [], ok: false });
  expect(clock.now() - before).toBeGreaterThanOrEqual(5 * 86_400_000);
});

test('SJ-17 a year is one move of the clock, also between code that waits for something real', async () => {
  const clock = createFakeClock();
  const before = clock.now();
  const yearly = defineJob({
    name: 'yearly',
    retry: { attempts: 2, delay: '200d' },
    run: async ({ step, attempt }) => {
      await step.sleep('long', '365d');
      await step('real', () => new Promise((resolve) => setTimeout(resolve, 20)));
      if (attempt === 1) throw new Error('once more');
      return attempt;
    },
  });
  expect((await testJob(yearly, { clock })).output).toBe(2);
  expect(clock.now() - before).toBeGreaterThanOrEqual(500 * 86_400_000);
});

test('SJ-17 retries are counted and take no time', async () => {
  let tries = 0;
  const flaky = defineJob({
    name: 'flaky',
    retry: { attempts: 4, delay: '1h' },
    run: ({ step }) =>
      step('work', () => {
        if (++tries < 4) throw new Error(`try ${tries}`);
        return tries;
      }),
  });
  const run = await testJob(flaky);
  expect(run.output).toBe(4);
  expect(run.steps[0]?.tries).toBe(4);
});

test('SJ-17 a failure is told with code, text and data', async () => {
  const failing = defineJob({
    name: 'failing',
    run: () => {
      throw new JobError('USER_NOT_FOUND', 'no such user', { data: { id: 7 } });
    },
  });
  const run = await testJob(failing);
  expect(run.state).toBe('failed');
  expect(run.error).toMatchObject({ code: 'USER_NOT_FOUND', message: 'no such user', data: { id: 7 } });
});

test('SJ-17 services are fakes and the real ones are not opened', async () => {
  const { defineServices } = await import('../../../src/index.ts');
  const { defineJob: defineWithApi } = defineServices({
    api: {
      open: (): { get(): string } => {
        throw new Error('must not be opened');
      },
    },
  });
  const job = defineWithApi({ name: 'with-api', run: ({ services }) => services.api.get() });
  expect((await testJob(job, { services: { api: { get: () => 'fake' } } })).output).toBe('fake');
});

test('SJ-17 a run that waits for a word which nobody sends is told as waiting', async () => {
  const waits = defineJob({ name: 'waits', run: ({ step }) => step.wait('go') });
  const run = await testJob(waits);
  expect(run.state).toBe('waiting');
  expect(run.waitingFor).toEqual(['go: event go']);
});

test('SJ-17 child runs are executed where their job is given', async () => {
  const child = defineJob({ name: 'child', input: z.number(), run: ({ input }) => input * 2 });
  const parent = defineJob({ name: 'parent', run: async ({ step }) => (await step.run('double', child, 21)) + 0 });
  expect((await testJob(parent, { jobs: [child] })).output).toBe(42);
  expect((await testJob(parent, { steps: { double: () => 7 } })).output).toBe(7);
});

test('VT-1 a pipeline is tested like any job', async () => {
  const greet = definePipeline({ name: 'greet', input: z.object({ name: z.string() }) })
    .step('hello', (c) => ({ ...c, text: `hello ${c.name}` }))
    .step('shout', (c) => {
      c.text = c.text.toUpperCase();
    });
  const run = await testJob(greet, { input: { name: 'bo' } });
  expect(run.output).toEqual({ name: 'bo', text: 'HELLO BO' });
});

test('SJ-17 a job that is called like its file can be tested too', async () => {
  const run = await testJob(defineJob({ run: ({ run: { job } }) => job }));
  expect(run.output).toBe('job-under-test');
});

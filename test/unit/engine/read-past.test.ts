import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { StepRequest } from '../../../src/ports/store-query.ts';
import { definePipeline } from '../../../src/job/pipeline.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { openApp } from '../../support/apps.ts';
import { job } from '../../support/job.ts';

test('an attempt reads the steps before it part by part, and repeats none', async () => {
  const store = await openSqliteStore({ path: ':memory:' });
  const asked: (string | null)[] = [];
  const steps = store.steps.bind(store);
  store.steps = (request: StepRequest) => {
    asked.push(request.after);
    return steps(request);
  };
  const executed: number[] = [];
  let attempts = 0;
  const { run } = openApp(
    [
      job(async ({ step }) => {
        attempts++;
        let length = 0;
        for (let n = 0; n < 12; n++) {
          const text = await step(['large', n], () => (executed.push(n), String(n % 10).repeat(900_000)));
          length += text.length;
          if (!text.endsWith(String(n % 10))) throw new Error(`${n} is the result of another step`);
        }
        await step.sleep('a while', 1_100);
        return length;
      }),
    ],
    { store, limits: { parkAfter: 1 } },
  );
  expect(await run('work')).toMatchObject({ state: 'succeeded', output: '10800000' });
  expect(attempts).toBe(2);
  expect(executed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(asked).toEqual([null, 'large:3', 'large:7']);
});

test('a callback and a restart by number read the steps of their run part by part, too', async () => {
  const store = await openSqliteStore({ path: ':memory:' });
  const asked: (string | null)[] = [];
  const [get, steps] = [store.get.bind(store), store.steps.bind(store)];
  store.steps = (request: StepRequest) => {
    asked.push(request.after);
    return steps(request);
  };
  store.get = (refs, options) => {
    expect(options?.steps ?? false).toBe(false);
    return get(refs, options);
  };
  const called = createDeferred<{ n: number }>();
  let pipeline = definePipeline({ name: 'large' }).step('0', () => ({ n: 0, text: '0'.repeat(900_000) }));
  for (let n = 1; n < 6; n++) pipeline = pipeline.step(String(n), (context) => ({ ...context, n }));
  const failing = pipeline
    .step('fails', (context) => {
      if (context.n === 5) throw new Error('no luck');
    })
    .onFailure(({ output }) => called.resolve(output));
  const { app, run } = openApp([failing], { store });
  await app.start();
  const { id, state } = await run('large');
  expect(state).toBe('failed');
  expect((await called.promise).n).toBe(5);
  expect(asked).toEqual([null, '3']);
  await app.client.restart(id, { from: 6 });
  expect(asked.slice(0, 4)).toEqual([null, '3', null, '3']);
  expect((await app.client.wait(id)).state).toBe('failed');
});

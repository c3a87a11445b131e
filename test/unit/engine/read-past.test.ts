import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { StepRequest } from '../../../src/ports/store-query.ts';
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

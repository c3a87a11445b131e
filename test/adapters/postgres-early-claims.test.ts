import { afterAll, describe, expect, test } from 'vitest';
import type { NewRun } from '../../src/ports/store-submit.ts';
import {
  registration,
  handedBack,
  newRun,
  rescheduleOf,
  termsOf,
} from '../../src/testing/store-contract/harness/builders.ts';
import { openClaimWindow } from '../support/claim-window.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';

const anHour = 3_600_000;
const fixture = await openPostgresFixture();
await fixture.store.migrate();
afterAll(() => fixture.close());

async function claimer(): Promise<string> {
  const worker = registration();
  await fixture.store.registerWorker(worker);
  return worker.id;
}

const cases: { name: string; runs: () => [NewRun, NewRun] }[] = [
  { name: 'of two jobs', runs: () => [newRun({ job: 'a' }), newRun({ job: 'b' })] },
  { name: 'of two priorities', runs: () => [newRun({ job: 'a', priority: 1 }), newRun({ job: 'a' })] },
  { name: 'of two queues', runs: () => [newRun({ job: 'a', queue: 'p' }), newRun({ job: 'a', queue: 'q' })] },
];

describe('between finding runs and locking them', () => {
  test.each(cases)('a run $name that was put off is not claimed', async ({ runs }) => {
    const me = await claimer();
    const [stays, goes] = runs();
    await fixture.store.submit([stays, goes]);
    const window = await openClaimWindow(fixture.schema);
    const claiming = fixture.store.claim({
      number: 1,
      worker: me,
      jobs: ['a', 'b'].map((job) => termsOf(job)),
      free: 10,
      turn: 0,
    });
    await window.found();
    const [answer] = await fixture.store.act([rescheduleOf(goes.id, anHour)]);
    await window.close();
    const { claims } = await claiming;
    expect(answer?.verdict).toBe('done');
    expect(claims.map(({ run }) => run)).toEqual([stays.id]);
  });

  test.each(cases)('a run $name that another claimed and put off is not claimed', async ({ runs }) => {
    const [me, other] = [await claimer(), await claimer()];
    const [stays, goes] = runs();
    await fixture.store.submit([stays, goes]);
    const window = await openClaimWindow(fixture.schema);
    const claiming = fixture.store.claim({
      number: 1,
      worker: me,
      jobs: ['a', 'b'].map((job) => termsOf(job)),
      free: 10,
      turn: 0,
    });
    await window.found();
    const taken = await fixture.store.claim({
      worker: other,
      number: 1,
      jobs: [termsOf(goes.job)],
      free: 1,
      turn: 0,
      tree: [goes.id],
    });
    await fixture.store.record({
      worker: other,
      entries: taken.claims.map((claim) => handedBack(claim, { attempt: 2, delayMs: anHour })),
    });
    await window.close();
    const { claims } = await claiming;
    expect(taken.claims.map(({ run }) => run)).toEqual([goes.id]);
    expect(claims.map(({ run }) => run)).toEqual([stays.id]);
  });
});

test('runs of 40 jobs that six claimers put off at once are claimed once each', async () => {
  const jobs = Array.from({ length: 40 }, (_, i) => `j${i}`);
  const runs = Array.from({ length: 2_000 }, (_, i) => newRun({ job: jobs[i % 40]!, priority: i % 3 }));
  for (let from = 0; from < runs.length; from += 500) await fixture.store.submit(runs.slice(from, from + 500));
  const stores = await Promise.all(Array.from({ length: 6 }, () => fixture.second()));
  const claimed: string[] = [];
  const drain = async (store: typeof fixture.store): Promise<void> => {
    const me = await claimer();
    for (let number = 1; ; number++) {
      const { claims } = await store.claim({
        number,
        worker: me,
        jobs: jobs.map((job) => termsOf(job)),
        free: 25,
        turn: 0,
      });
      if (claims.length === 0) return;
      claimed.push(...claims.map(({ run }) => run));
      const entries = claims.map((claim) => handedBack(claim, { attempt: claim.attempt + 1, delayMs: anHour }));
      await store.record({ worker: me, entries });
    }
  };
  await Promise.all(stores.map((store) => drain(store)));
  // whoever finds nothing may have passed by what another had just locked
  await drain(fixture.store);
  expect(claimed.length - new Set(claimed).size).toBe(0);
  expect(new Set(claimed).size).toBe(runs.length);
});

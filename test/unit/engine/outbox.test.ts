import { expect, test } from 'vitest';
import { Outbox } from '../../../src/engine/outbox.ts';
import { newRun } from '../../../src/engine/submission.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import type { Ask } from '../../../src/ports/store-ask.ts';
import type { NewRun, Submitted } from '../../../src/ports/store-submit.ts';
import type { Store } from '../../../src/ports/store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

function setUp() {
  const groups: number[] = [];
  const state = { isAway: false, refuses: '' };
  const store = {
    submit: (runs: readonly NewRun[]): Promise<Submitted[]> => {
      groups.push(runs.length);
      if (state.isAway) return Promise.reject(new OnejobError('STORE_UNAVAILABLE', 'away'));
      if (runs.some(({ input }) => input === state.refuses)) {
        return Promise.reject(new OnejobError('VALUE_REJECTED', 'no such value'));
      }
      return Promise.resolve(
        runs.map(({ id, key, job }) => ({ verdict: 'created', run: { id, key, job, state: 'queued' } })),
      );
    },
    ask: (asks: readonly Ask[]) => {
      groups.push(asks.length);
      return Promise.resolve(asks.map(({ id }) => ({ verdict: 'done', run: id, state: 'queued' })));
    },
    facts: {},
  } as unknown as Store;
  return { outbox: new Outbox({ store, clock: new ManualClock(), log: new RecordingLog() }), groups, state };
}

const run = (input: unknown) => newRun({ name: 'work' }, { input, trigger: 'api' }, 1_000);

test('what is asked for in one turn goes in one message, answered each', async () => {
  const { outbox, groups } = setUp();
  const runs = await Promise.all([1, 2, 3].map(run));
  const answers = await Promise.all(runs.map((one) => outbox.submit(one)));
  expect(answers.map(({ run: { id } }) => id)).toEqual(runs.map(({ id }) => id));
  expect(groups).toEqual([3]);
  const ask = (id: string): Ask => ({ id, ref: 'r', kind: 'cancel', callbacks: 'unknown', actor: 'api', reason: null });
  expect(await Promise.all(['a', 'b'].map((id) => outbox.ask(ask(id))))).toMatchObject([{ run: 'a' }, { run: 'b' }]);
  expect(groups).toEqual([3, 2]);
});

test('VT-8 a store that is away is told at once, to all who asked', async () => {
  const { outbox, groups, state } = setUp();
  state.isAway = true;
  const refused = await Promise.allSettled([outbox.submit(await run(1)), outbox.submit(await run(2))]);
  for (const one of refused) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
  state.isAway = false;
  expect(await outbox.submit(await run(3))).toMatchObject({ verdict: 'created' });
  expect(groups.length).toBeLessThanOrEqual(3);
});

test('one bad value fails its own asker only', async () => {
  const { outbox, state } = setUp();
  state.refuses = '2';
  const runs = await Promise.all([1, 2, 3].map(run));
  const answers = await Promise.allSettled(runs.map((one) => outbox.submit(one)));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await outbox.settled();
});

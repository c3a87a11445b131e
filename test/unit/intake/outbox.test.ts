import { describe, expect, test } from 'vitest';
import { Outbox } from '../../../src/intake/outbox.ts';
import { newRun } from '../../../src/intake/new-run.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import type { Action } from '../../../src/ports/store-action.ts';
import type { NewRun, Submitted } from '../../../src/ports/store-submit.ts';
import type { Store, StoreFacts } from '../../../src/ports/store.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { turns, until } from '../../support/until.ts';

function setUp(facts: Partial<StoreFacts> = {}) {
  const groups: number[] = [];
  const state = { isAway: false, refuses: '', hold: Promise.resolve() };
  const store = {
    submit: (runs: readonly NewRun[]): Promise<Submitted[]> => {
      groups.push(runs.length);
      if (state.isAway) return Promise.reject(new OnejobError('STORE_UNAVAILABLE', 'away'));
      if (runs.some(({ input }) => input === state.refuses)) {
        return Promise.reject(new OnejobError('VALUE_REJECTED', 'no such value'));
      }
      return state.hold.then(() =>
        runs.map(({ id, key, job }) => ({ verdict: 'created', run: { id, key, job, state: 'queued' } })),
      );
    },
    act: (actions: readonly Action[]) => {
      groups.push(actions.length);
      return Promise.resolve(actions.map(({ id }) => ({ verdict: 'done', run: id, state: 'queued' })));
    },
    facts,
  } as unknown as Store;
  return { outbox: new Outbox({ store, clock: new FakeClock(), log: new RecordingLog() }), groups, state };
}

const run = (input: unknown) => newRun({ name: 'work' }, { input, trigger: 'api' }, 1_000);

test('what is asked for in one turn goes in one message, answered each', async () => {
  const { outbox, groups } = setUp();
  const runs = await Promise.all([1, 2, 3].map(run));
  const answers = await Promise.all(runs.map((one) => outbox.submit([one])));
  expect(answers.flat().map(({ run: { id } }) => id)).toEqual(runs.map(({ id }) => id));
  expect(groups).toEqual([3]);
  const act = (id: string): Action => ({
    id,
    ref: 'r',
    kind: 'cancel',
    callbacks: 'unknown',
    actor: 'api',
    reason: null,
  });
  expect(await Promise.all(['a', 'b'].map((id) => outbox.act(act(id))))).toMatchObject([{ run: 'a' }, { run: 'b' }]);
  expect(groups).toEqual([3, 2]);
});

test('VT-8 a store that is away is told at once, to all who asked', async () => {
  const { outbox, groups, state } = setUp();
  state.isAway = true;
  const refused = await Promise.allSettled([outbox.submit([await run(1)]), outbox.submit([await run(2)])]);
  for (const one of refused) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
  state.isAway = false;
  expect(await outbox.submit([await run(3)])).toMatchObject([{ verdict: 'created' }]);
  expect(groups.length).toBeLessThanOrEqual(3);
});

test('one bad value fails its own asker only', async () => {
  const { outbox, state } = setUp();
  state.refuses = '2';
  const runs = await Promise.all([1, 2, 3].map(run));
  const answers = await Promise.allSettled(runs.map((one) => outbox.submit([one])));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await outbox.settled();
});

describe('a call of several runs', () => {
  const many = (count: number) => Promise.all(Array.from({ length: count }, (_, n) => run(n)));

  test('is never divided: a group closes between calls', async () => {
    const { outbox, groups } = setUp();
    const calls = await Promise.all([600, 600, 3, 2_500, 1].map(many));
    const answers = await Promise.all(calls.map((call) => outbox.submit(call)));
    expect(answers.map((each) => each.map(({ run: { id } }) => id))).toEqual(
      calls.map((call) => call.map(({ id }) => id)),
    );
    expect(groups).toEqual([600, 603, 2_500, 1]);
  });

  test('is refused whole for one bad value, and those of others are not', async () => {
    const { outbox, state } = setUp();
    state.refuses = '2';
    const calls = [await many(2), [await run(1), await run(2)], await many(1)];
    const answers = await Promise.allSettled(calls.map((call) => outbox.submit(call)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('has a bound, which is said before anything is sent', async () => {
    const { outbox, groups } = setUp();
    const [one] = await many(1);
    const tooMany = outbox.submit(Array.from({ length: 10_001 }, () => one as NewRun));
    await expect(tooMany).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringContaining('at most 10000 of 67108864 bytes in all; these are 10001 of') as string,
      hint: 'ask for them in several calls, each of which is all or none',
    });
    const input = 'x'.repeat(1_000_000);
    const tooLarge = outbox.submit(Array.from({ length: 68 }, () => ({ ...(one as NewRun), input })));
    await expect(tooLarge).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(groups).toEqual([]);
  });

  test('goes beside another large one where the store keeps their order, and behind whatever waits', async () => {
    const { outbox, groups, state } = setUp({ keepsSubmitsInOrder: true });
    const held = createDeferred<void>();
    state.hold = held.promise;
    const calls = [await many(30), await many(40), await many(50), await many(1), await many(60)];
    const answers = calls.map((call) => outbox.submit(call));
    expect(groups).toEqual([30, 40]);
    await until('the group is on its way', () => groups.length === 3);
    expect(groups).toEqual([30, 40, 111]);
    const last = outbox.submit(await many(70));
    let isSettled = false;
    const settled = outbox.settled().then(() => (isSettled = true));
    await turns();
    expect([groups.length, isSettled]).toEqual([3, false]);
    held.resolve();
    await Promise.all([...answers, last, settled]);
    expect(groups).toEqual([30, 40, 111, 70]);
  });
});

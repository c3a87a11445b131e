import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../src/index.ts';
import {
  childOf,
  registration,
  newRun,
  stepBegun,
  stepDone,
  termsOf,
} from '../../src/testing/store-contract/harness/builders.ts';
import type { Store } from '../../src/ports/store.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';

interface Place {
  readonly store: Store;
  readonly url: string;
  /** A transaction of a user that is open. */
  readonly tx: unknown;
  commit(): Promise<unknown>;
  rollback(): Promise<unknown>;
  close(): Promise<void>;
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  async postgres() {
    const { store, url, close } = await openPostgresFixture({ isUsed: true });
    await store.migrate();
    const tx = new pg.Client({ connectionString: url });
    await tx.connect();
    await tx.query('begin');
    const [commit, rollback] = [() => tx.query('commit'), () => tx.query('rollback')];
    return { store, url, tx, commit, rollback, close: () => tx.end().then(close) };
  },
  async mysql() {
    const { store, url, close } = await openMysqlFixture({ isUsed: true });
    await store.migrate();
    const tx = await mysql.createConnection(url);
    await tx.beginTransaction();
    const [commit, rollback] = [() => tx.commit(), () => tx.rollback()];
    return { store, url, tx, commit, rollback, close: () => tx.end().then(close) };
  },
};

describe.each(Object.keys(places))('a key that an open transaction is creating, on %s', (name) => {
  let place: Place;
  let store: Store;

  beforeEach(async () => {
    place = await (places[name] as () => Promise<Place>)();
    ({ store } = place);
    await store.submit([newRun({ key: 'K' }), newRun({ key: 'L' })], { tx: place.tx });
  });

  afterEach(() => place.close());

  /** Comes while the transaction is open, so nobody has waited for it. */
  const busy = {
    code: 'KEY_BUSY',
    data: { keys: expect.toSatisfy((keys: string[]) => keys.toSorted().join() === 'K,L') as string[] },
  };

  test('is named, and nothing of the batch is created; others are created beside it', async () => {
    await store.submit([newRun({ key: 'there' })]);
    const [stranger, keyed] = [newRun(), newRun({ key: 'M' })];
    const batch = [
      newRun({ key: 'L' }),
      stranger,
      newRun({ key: 'K' }),
      keyed,
      newRun({ key: 'there' }),
      newRun({ key: 'K' }),
    ];
    await expect(store.submit(batch)).rejects.toMatchObject(busy);
    expect(await store.get([stranger.id, 'M'])).toEqual([null, null]);
    expect(await store.submit([stranger, keyed, newRun({ key: 'there' })])).toMatchObject([
      { verdict: 'created' },
      { verdict: 'created' },
      { verdict: 'existing' },
    ]);
  });

  test('is the other one’s once the transaction has committed', async () => {
    await place.commit();
    expect(await store.submit([newRun({ key: 'K' })])).toMatchObject([{ verdict: 'existing' }]);
  });

  test('that was there before, and is looked at there, keeps no stranger waiting either', async () => {
    await store.submit([newRun({ key: 'there' })]);
    await store.submit([newRun({ key: 'there' })], { tx: place.tx });
    const client = createClient({ store: place.url });
    const asked = client.enqueue('work', { n: 1 }, { key: 'there' }).catch((error: unknown) => error);
    expect((await client.enqueue('j')).created).toBe(true);
    await place.rollback();
    expect(await asked).toMatchObject({ created: false });
    await client.close();
  });

  test('holds up no claim that travels with it', async () => {
    const worker = registration();
    await store.registerWorker(worker);
    const claim = { worker: worker.id, jobs: [termsOf('work')], free: 10, turn: 0 };
    await store.claim({ ...claim, number: 1 });
    const { id } = newRun();
    await store.submit([newRun({ id })]);
    const submitted = store.submit([newRun({ key: 'K' })]);
    const claimed = store.claim({ ...claim, number: 2 });
    await expect(submitted).rejects.toMatchObject({ code: 'KEY_BUSY' });
    expect((await claimed).claims.map(({ run }) => run)).toEqual([id]);
  });

  test('of a child is named, and nothing of the group is recorded', async () => {
    const worker = registration();
    await store.registerWorker(worker);
    await store.submit([newRun(), newRun()]);
    const { claims } = await store.claim({ worker: worker.id, jobs: [termsOf('work')], free: 10, turn: 0, number: 1 });
    const [parent, other] = claims as [(typeof claims)[0], (typeof claims)[0]];
    const child = (key: string) => childOf({ run: parent.run, root: parent.run }, { key });
    const entries = [
      stepBegun(parent, 'k', { type: 'child', child: child('K') }),
      stepBegun(parent, 'l', { type: 'child', child: child('L') }),
      stepBegun(parent, 'm', { type: 'child', child: child('M') }),
      stepDone(other, 'step'),
    ];
    await expect(store.record({ worker: worker.id, entries })).rejects.toMatchObject(busy);
    for (const { run } of [parent, other])
      expect(await store.steps({ run, after: null, maxBytes: 1 })).toEqual({ items: [], next: null });
    expect(await store.record({ worker: worker.id, entries: entries.slice(2) })).toEqual(['ok', 'ok']);
    await place.rollback();
    expect(await store.record({ worker: worker.id, entries: entries.slice(0, 2) })).toEqual(['ok', 'ok']);
  });

  test.each(['commit', 'rollback'] as const)(
    'waits in a client for the %s, and strangers of its group do not',
    async (how) => {
      const client = createClient({ store: place.url });
      // It may settle while this still waits for the answer to the commit.
      const asked = client.enqueue('j', undefined, { key: 'K' }).then(
        ({ created }) => created,
        (error: { code: string }) => error.code,
      );
      const stranger = await client.enqueue('j', undefined);
      const later = await client.enqueueMany('j', [{ input: 1 }, { input: 2, key: 'M' }]);
      expect([stranger, ...later].map(({ created }) => created)).toEqual([true, true, true]);
      await place[how]();
      // what the transaction created under the key is of another job
      expect(await asked).toBe(how === 'commit' ? 'KEY_CONFLICT' : true);
      await client.close();
    },
  );
});

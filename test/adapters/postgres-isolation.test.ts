import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import type { Store } from '../../src/ports/store.ts';
import {
  cancelOf,
  registration,
  fireOf,
  schedulePlan,
  stepDone,
  termsOf,
} from '../../src/testing/store-contract/harness/builders.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { postgresUrl, uniqueName } from '../support/servers.ts';
import { aRun } from '../support/store-values.ts';

/** What a session begins its transactions with is a setting of database, role and server. */
describe.each(['repeatable read', 'serializable'])('where transactions begin as %s', (isolation) => {
  const database = uniqueName('isolated');
  const url = Object.assign(new URL(postgresUrl()), { pathname: database }).href;
  let admin: pg.Pool;

  beforeAll(async () => {
    admin = new pg.Pool({ connectionString: postgresUrl(), max: 1 });
    await admin.query(`create database ${database}`);
  });

  afterAll(async () => {
    await admin.query(`drop database ${database} with (force)`);
    await admin.end();
  });

  const refusal = {
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(`begins its transactions as ${isolation}, in which a lock is no fence`) as string,
    hint: expect.stringContaining("alter role … set default_transaction_isolation = 'read committed'") as string,
  };

  test('a store is refused, new or there already, and so is each call of one that was open before', async () => {
    const set = (to: string) => admin.query(`alter database ${database} set default_transaction_isolation = '${to}'`);
    const open = () => openPostgresStore({ url, max: 2 });
    await set(isolation);
    const early = await open();
    await expect(early.migrate()).rejects.toMatchObject(refusal);
    await early.close();

    await set('read committed');
    const before = await open();
    expect(await before.migrate()).toEqual({ from: 0, to: 1 });
    await before.close();

    await set(isolation);
    const late = await open();
    await expect(late.migrate()).rejects.toMatchObject(refusal);
    for (const [name, call] of Object.entries(writes)) {
      await expect(call(late), name).rejects.toMatchObject(refusal);
    }
    await late.close();
  });
});

const worker = 'w';
const hold = { run: 'r', epoch: 1 };
const claim = { number: 1, worker, jobs: [termsOf('work')], free: 1, turn: 0 };

/** Each method that locks. */
const writes: Record<string, (store: Store) => Promise<unknown>> = {
  registerWorker: (store) => store.registerWorker(registration()),
  heartbeat: (store) => store.heartbeat({ worker }),
  evict: (store) => store.evict([{ id: worker, seenHeartbeat: 0, counted: true }]),
  claim: (store) => store.claim(claim),
  'submit beside a claim': async (store) => {
    const submitted = store.submit([aRun()]);
    await Promise.allSettled([store.claim(claim)]);
    return submitted;
  },
  'submit of what is held': (store) => store.submit([aRun({ holder: worker })]),
  record: (store) => store.record({ worker, entries: [stepDone(hold, 's')] }),
  append: (store) =>
    store.append({ worker, chunks: [], progress: [{ ...hold, progress: { fraction: 1, text: null } }] }),
  act: (store) => store.act([cancelOf('r')]),
  plan: (store) => store.plan({ app: 'app', version: '1.0.0', schedules: [schedulePlan('nightly')] }),
  fire: (store) => store.fire([fireOf('nightly', 1)]),
  prune: (store) => store.prune({ policy: { succeededMs: 1, failedMs: 1, succeededRuns: 1, failedRuns: 1 }, limit: 1 }),
};

describe.each(['read uncommitted', 'repeatable read', 'serializable'])('a transaction of the user, %s', (isolation) => {
  let fixture: Awaited<ReturnType<typeof openPostgresFixture>>;
  let client: pg.Client;

  beforeEach(async () => {
    fixture = await openPostgresFixture({ isUsed: true });
    await fixture.store.migrate();
    client = new pg.Client({ connectionString: postgresUrl() });
    await client.connect();
    await client.query(`begin isolation level ${isolation}`);
  });

  afterEach(async () => {
    await client.end();
    await fixture.close();
  });

  test('takes runs with it, new ones and those whose key is taken', async () => {
    const there = aRun({ key: 'there' });
    await fixture.store.submit([there]);
    const [plain, keyed] = [aRun(), aRun({ key: 'new' })];
    const answers = await fixture.store.submit([plain, keyed, aRun({ key: 'there' })], { tx: client });
    expect(answers).toMatchObject([
      { verdict: 'created', run: { id: plain.id } },
      { verdict: 'created', run: { id: keyed.id } },
      { verdict: 'existing', run: { id: there.id } },
    ]);
    await client.query('commit');
    expect(await fixture.store.get([plain.id, 'new'])).toMatchObject([{ state: 'queued' }, { id: keyed.id }]);
  });

  test('finds the key of a run that came after it had begun to look, or is told to begin anew', async () => {
    await client.query(`select from ${fixture.schema}.runs`);
    const there = aRun({ key: 'there' });
    await fixture.store.submit([there]);
    const submitted = fixture.store.submit([aRun({ key: 'there' })], { tx: client });
    if (isolation === 'read uncommitted') {
      expect(await submitted).toMatchObject([{ verdict: 'existing', run: { id: there.id } }]);
    } else {
      await expect(submitted).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/^the transaction of `tx` and another one were in each other’s way/) as string,
        hint: expect.stringContaining('begin anew') as string,
      });
    }
    await client.query('rollback');
    expect((await fixture.store.list({ limit: 10 })).items).toHaveLength(1);
  });
});

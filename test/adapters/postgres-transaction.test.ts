import { sql as drizzleSql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Kysely, PostgresDialect, sql as kyselySql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPostgresNotifier, openPostgresStore } from '../../src/adapters/postgres/index.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { postgresUrl, uniqueName } from '../support/servers.ts';
import { aRun } from '../support/store-values.ts';
import { until } from '../support/until.ts';

let fixture: Awaited<ReturnType<typeof openPostgresFixture>>;
let pool: pg.Pool;
let table: string;

beforeEach(async () => {
  fixture = await openPostgresFixture();
  await fixture.store.migrate();
  pool = new pg.Pool({ connectionString: postgresUrl(), max: 3 });
  pool.on('error', () => undefined);
  table = `${fixture.schema}.orders`;
  await pool.query(`create table ${table} (id integer primary key)`);
});

afterEach(async () => {
  await pool.end();
  await fixture.close();
});

const orders = async (): Promise<number> => (await pool.query(`select from ${table}`)).rows.length;

/** Writes an order by the library, lets `work` enqueue in the same transaction, and then commits, or throws. */
type Transact = (work: (tx: unknown) => Promise<void>) => Promise<void>;

const libraries: Record<string, () => Transact> = {
  pg: () => async (work) => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query(`insert into ${table} values (1)`);
      await work(client);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  },
  Drizzle: () => {
    const db = drizzle(pool);
    return (work) =>
      db.transaction(async (tx) => {
        await tx.execute(drizzleSql.raw(`insert into ${table} values (1)`));
        await work(tx);
      });
  },
  Kysely: () => {
    const db = new Kysely<Record<string, never>>({ dialect: new PostgresDialect({ pool }) });
    return (work) =>
      db.transaction().execute(async (trx) => {
        await kyselySql.raw(`insert into ${table} values (1)`).execute(trx);
        await work(trx);
      });
  },
};

describe.each(Object.keys(libraries))('a run submitted in a transaction of %s', (library) => {
  const transact: Transact = async (work) => await libraries[library]?.()(work);

  test('is there when it commits, and not before; then workers are told', async () => {
    const notifier = openPostgresNotifier({ url: postgresUrl(), schema: fixture.schema });
    const heard = { times: 0, stop: notifier.subscribe(() => void heard.times++) };
    await until('it listens', () => heard.times > 0);
    const before = heard.times;
    const run = aRun({ key: 'order 1' });
    await transact(async (tx) => {
      expect(await fixture.store.submit([run], { tx })).toMatchObject([{ verdict: 'created', run: { id: run.id } }]);
      expect(await fixture.store.get([run.id])).toEqual([null]);
    });
    expect(await fixture.store.get(['order 1'])).toMatchObject([{ id: run.id, state: 'queued' }]);
    expect(await orders()).toBe(1);
    await until('workers are told', () => heard.times > before);
    heard.stop();
    await notifier.close();
  });

  test('is not there when it rolls back', async () => {
    const run = aRun({ key: 'k' });
    const regret = new Error('the customer went away');
    const done = transact(async (tx) => {
      await fixture.store.submit([run], { tx });
      throw regret;
    });
    await expect(done).rejects.toBe(regret);
    expect(await fixture.store.get([run.id, 'k'])).toEqual([null, null]);
    expect(await orders()).toBe(0);
  });

  test('finds its key taken', async () => {
    const first = aRun({ key: 'k' });
    await fixture.store.submit([first]);
    await transact(async (tx) => {
      expect(await fixture.store.submit([aRun({ key: 'k' })], { tx })).toMatchObject([
        { verdict: 'existing', run: { id: first.id, state: 'queued' } },
      ]);
    });
    expect(await orders()).toBe(1);
  });

  test('fails with the code of the port, and the transaction is the user’s to end', async () => {
    const { job: _, ...withoutJob } = aRun();
    const broken = withoutJob as ReturnType<typeof aRun>;
    const done = transact(async (tx) => void (await fixture.store.submit([broken], { tx })));
    await expect(done).rejects.toMatchObject({ code: 'VALUE_REJECTED' });
    expect(await orders()).toBe(0);
  });

  test('is refused where the transaction is on another database, which then holds nothing of it', async () => {
    const other = await openPostgresStore({ url: postgresUrl(), schema: uniqueName('never_made') });
    const toOther = transact(async (tx) => void (await other.submit([aRun()], { tx })));
    await expect(toOther).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(another) });
    await other.close();
    expect(await orders()).toBe(0);
  });
});

const another = /is a transaction on another database than that of the store postgres:/;

test('a store of the same schema in another database is told from this one', async () => {
  const database = uniqueName('twin');
  await pool.query(`create database ${database}`);
  const url = Object.assign(new URL(postgresUrl()), { pathname: database }).href;
  const twin = await openPostgresStore({ url, schema: fixture.schema });
  await twin.migrate();
  const client = await pool.connect();
  await client.query('begin');
  const run = aRun();
  await expect(twin.submit([run], { tx: client })).rejects.toMatchObject({ message: expect.stringMatching(another) });
  await client.query('rollback');
  expect(await fixture.store.get([run.id])).toEqual([null]);
  client.release();
  await twin.close();
  await pool.query(`drop database ${database} with (force)`);
});

describe('a tx that is none is refused in one sentence', () => {
  const refusal = async (tx: unknown) => {
    const error: unknown = await fixture.store.submit([aRun()], { tx }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', hint: expect.stringMatching(/\w/) });
    return (error as Error).message;
  };

  test('nothing that runs SQL', async () => {
    for (const tx of [true, 'begin', 7, null, {}, { query: 'select 1' }]) {
      expect(await refusal(tx)).toBe('`tx` is nothing that runs SQL');
    }
  });

  test('a pool', async () => {
    expect(await refusal(pool)).toBe('`tx` is a pool, which runs each statement on any connection');
  });

  test('a library outside of a transaction', async () => {
    const kysely = new Kysely<Record<string, never>>({ dialect: new PostgresDialect({ pool }) });
    expect(await refusal(kysely)).toBe('`tx` is Kysely itself, not a transaction of it');
    expect(await refusal(drizzle(pool))).toBe('`tx` is Drizzle itself, not a transaction of it');
  });

  test('a connection on which nothing was begun, or what was begun has failed', async () => {
    const client = await pool.connect();
    expect(await refusal(client)).toBe('no transaction is open on `tx`');
    await client.query('begin');
    await client.query('select 1/0').catch(() => undefined);
    const has = 'the transaction of `tx` has failed already, and can only be rolled back';
    expect(await refusal(client)).toBe(has);
    // A library that does not say how its transaction stands: the server does.
    const silent = { query: (text: string, values: unknown[]) => client.query(text, values) };
    expect(await refusal(silent)).toBe(has);
    await client.query('rollback');
    client.release();
  });

  test('callbacks', async () => {
    expect(await refusal({ query: () => undefined })).toBe('`tx` answers by callbacks, not by promises');
  });
});

import { sql as drizzleSql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import { Kysely, MysqlDialect, sql as kyselySql } from 'kysely';
import callbackMysql from 'mysql2';
import mysql from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { aRun } from '../support/store-values.ts';

let fixture: Awaited<ReturnType<typeof openMysqlFixture>>;
let pool: mysql.Pool;

beforeEach(async () => {
  fixture = await openMysqlFixture();
  await fixture.store.migrate();
  pool = mysql.createPool({ uri: fixture.url, connectionLimit: 3 });
  await pool.query('create table orders (id integer primary key)');
});

afterEach(async () => {
  await pool.end();
  await fixture.close();
});

const orders = async (): Promise<number> => {
  const [rows] = await pool.query<mysql.RowDataPacket[]>('select id from orders');
  return rows.length;
};

/** Writes an order by the library, lets `work` enqueue in the same transaction, and then commits, or throws. */
type Transact = (work: (tx: unknown) => Promise<void>) => Promise<void>;

const libraries: Record<string, () => Transact> = {
  mysql2: () => async (work) => {
    const connection = await pool.getConnection();
    try {
      await connection.beginTransaction();
      await connection.query('insert into orders values (1)');
      await work(connection);
      await connection.commit();
    } catch (error) {
      await connection.rollback();
      throw error;
    } finally {
      connection.release();
    }
  },
  Drizzle: () => {
    const db = drizzle(pool);
    return (work) =>
      db.transaction(async (tx) => {
        await tx.execute(drizzleSql.raw('insert into orders values (1)'));
        await work(tx);
      });
  },
  Kysely: () => async (work) => {
    const own = callbackMysql.createPool({ uri: fixture.url, connectionLimit: 2 });
    const db = new Kysely<Record<string, never>>({ dialect: new MysqlDialect({ pool: own }) });
    try {
      await db.transaction().execute(async (trx) => {
        await kyselySql.raw('insert into orders values (1)').execute(trx);
        await work(trx);
      });
    } finally {
      await db.destroy();
    }
  },
};

describe.each(Object.keys(libraries))('a run submitted in a transaction of %s', (library) => {
  const transact: Transact = async (work) => await libraries[library]?.()(work);

  test('is there when it commits, and not before', async () => {
    const run = aRun({ key: 'order 1', input: JSON.stringify('it\'s "大💥" \\') });
    await transact(async (tx) => {
      expect(await fixture.store.submit([run], { tx })).toMatchObject([{ verdict: 'created', run: { id: run.id } }]);
      expect(await fixture.store.get([run.id])).toEqual([null]);
    });
    expect(await fixture.store.get(['order 1'])).toMatchObject([{ id: run.id, state: 'queued', input: run.input }]);
    expect(await orders()).toBe(1);
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

  test('finds its key taken, also by a run that came after the transaction had begun to look', async () => {
    const first = aRun({ key: 'k' });
    await transact(async (tx) => {
      expect(await fixture.store.submit([aRun({ key: 'other' })], { tx })).toHaveLength(1);
      await fixture.store.submit([first]);
      expect(await fixture.store.submit([aRun({ key: 'k' })], { tx })).toMatchObject([
        { verdict: 'existing', run: { id: first.id, state: 'queued' } },
      ]);
    });
    expect(await orders()).toBe(1);
  });

  test('fails with the code of the port and leaves nothing of it; what the user did before may still commit', async () => {
    const { job: _, ...withoutJob } = aRun({ key: 'broken' });
    const broken = withoutJob as ReturnType<typeof aRun>;
    await transact(async (tx) => {
      const done = fixture.store.submit([aRun({ key: 'whole' }), broken], { tx });
      await expect(done).rejects.toMatchObject({ code: 'VALUE_REJECTED' });
    });
    expect(await orders()).toBe(1);
    expect(await fixture.store.get(['whole', 'broken'])).toEqual([null, null]);
    expect(await fixture.store.submit([aRun({ key: 'broken' })])).toMatchObject([{ verdict: 'created' }]);
  });

  test('is refused where the transaction is on another server, which then holds nothing of it', async () => {
    const other = await openMysqlStore({ url: `${fixture.url}?prefix=never_made_` });
    const toOther = transact(async (tx) => void (await other.submit([aRun()], { tx })));
    await expect(toOther).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/is a transaction on another database than that of the store mysql:/) as string,
    });
    await other.close();
    expect(await orders()).toBe(0);
  });
});

test('a transaction may be on a connection that uses another database of the server', async () => {
  const connection = await mysql.createConnection(Object.assign(new URL(fixture.url), { pathname: '/mysql' }).href);
  await connection.beginTransaction();
  const run = aRun();
  await fixture.store.submit([run], { tx: connection });
  await connection.commit();
  await connection.end();
  expect(await fixture.store.get([run.id])).toMatchObject([{ id: run.id }]);
});

test('without backslashes as escapes nothing changes', async () => {
  const connection = await pool.getConnection();
  await connection.query(`set session sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'`);
  await connection.beginTransaction();
  const run = aRun({ input: JSON.stringify(`' or 1=1 -- \\ " '`) });
  await fixture.store.submit([run], { tx: connection });
  await connection.commit();
  connection.destroy();
  expect(await fixture.store.get([run.id])).toMatchObject([{ input: run.input }]);
});

describe('a tx that is none is refused in one sentence', () => {
  const refusal = async (tx: unknown) => {
    const error: unknown = await fixture.store.submit([aRun()], { tx }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', hint: expect.stringMatching(/\w/) });
    return (error as Error).message;
  };

  test('a pool, or callbacks', async () => {
    expect(await refusal(pool)).toBe('`tx` is a pool, which runs each statement on any connection');
    expect(await refusal({ query: () => undefined })).toBe('`tx` answers by callbacks, not by promises');
  });

  test('a connection on which nothing was begun', async () => {
    const connection = await pool.getConnection();
    expect(await refusal(connection)).toBe('no transaction is open on `tx`');
    await connection.beginTransaction();
    await connection.commit();
    expect(await refusal(connection)).toBe('no transaction is open on `tx`');
    connection.release();
  });
});

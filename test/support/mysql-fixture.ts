import mysql from 'mysql2/promise';
import { afterAll } from 'vitest';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import type { Range } from '../../src/ports/store-schedule.ts';
import type { Fixture } from '../../src/testing/index.ts';
import { openMysqlDatabase } from './servers.ts';

type Database = Awaited<ReturnType<typeof openMysqlDatabase>>;

/** Databases that hold the schema and nothing else. */
const used: Database[] = [];

afterAll(async () => {
  await Promise.all(used.splice(0).map((database) => database.close()));
});

/**
 * A store in a database of its own on the real server. To make its schema takes the server half a second, each table a
 * file: with `isUsed` it may be a database of an earlier test, emptied, whose migration has nothing to do.
 */
export async function openMysqlFixture({ isUsed = false } = {}): Promise<
  Fixture & { url: string; database: string; admin: mysql.Pool }
> {
  const database = (isUsed ? used.pop() : undefined) ?? (await openMysqlDatabase('store'));
  const open = () => openMysqlStore({ url: database.url, max: 4 });
  const admin = mysql.createPool({ uri: database.url, connectionLimit: 1, maxIdle: 1 });
  const store = await open();
  const stores = [store];
  return {
    store,
    url: database.url,
    database: database.name,
    admin,
    async second() {
      const another = await open();
      stores.push(another);
      return another;
    },
    async ranges(schedule) {
      const [rows] = await admin.query<(Range & mysql.RowDataPacket)[]>(
        `select first_at "from", last_at "to", times count, reason from onejob_ranges
         where schedule = ? order by first_at`,
        [schedule],
      );
      return rows.map(({ from, to, count, reason }) => ({ from, to, count, reason }));
    },
    async occurrences(schedule) {
      const sql = 'select count(*) n from onejob_occurrences where schedule = ?';
      const [rows] = await admin.query<({ n: number } & mysql.RowDataPacket)[]>(sql, [schedule]);
      return rows[0]?.n ?? 0;
    },
    async close() {
      await Promise.all(stores.map((one) => one.close()));
      const isWhole = isUsed && (await empty(admin));
      await admin.end();
      if (isWhole) used.push(database);
      else await database.close();
    },
  };
}

/** False where there is no whole schema. */
async function empty(admin: mysql.Pool): Promise<boolean> {
  const [meta] = await admin.query<mysql.RowDataPacket[]>(`show tables like 'onejob\\_meta'`);
  if (meta.length === 0) return false;
  const [tables] = await admin.query<mysql.RowDataPacket[]>('show tables');
  for (const name of tables.flatMap((row) => Object.values(row) as string[])) {
    if (name !== 'onejob_meta') await admin.query(`delete from ${name}`);
  }
  return true;
}

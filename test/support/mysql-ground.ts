import mysql from 'mysql2/promise';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import type { Range } from '../../src/ports/store-schedule.ts';
import type { Ground } from '../../src/testing/index.ts';
import { openMysqlDatabase } from './servers.ts';

/** A store in a database of its own on the real server; `close` drops it. */
export async function openMysqlGround(): Promise<Ground & { url: string; database: string; admin: mysql.Pool }> {
  const database = await openMysqlDatabase('store');
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
    async close() {
      await Promise.all(stores.map((one) => one.close()));
      await admin.end();
      await database.close();
    },
  };
}

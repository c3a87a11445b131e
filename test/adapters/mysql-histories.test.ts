import { readAddress } from '../../src/adapters/mysql/address.ts';
import { openPool } from '../../src/adapters/mysql/driver.ts';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import { describeHistories } from '../support/histories.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';

/** What a session takes for now is a variable of it. */
describeHistories('MySQL', async () => {
  const fixture = await openMysqlFixture({ isUsed: true });
  const pool = await openPool(readAddress(fixture.url, undefined), 4);
  let now = 0;
  const timed = {
    async getConnection() {
      const connection = await pool.getConnection();
      await connection.query({ sql: `set timestamp = ${(now / 1_000).toFixed(3)}` });
      return connection;
    },
    end: () => pool.end(),
  };
  const store = await openMysqlStore({ pool: timed, database: fixture.database });
  await store.migrate();
  return {
    store,
    setNow(ms) {
      now = ms;
      return Promise.resolve();
    },
    async close() {
      await store.close();
      await pool.end();
      await fixture.close();
    },
  };
});

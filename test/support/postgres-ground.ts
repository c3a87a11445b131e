import pg from 'pg';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import type { Range } from '../../src/ports/store-schedule.ts';
import type { Ground } from '../../src/testing/index.ts';
import { postgresUrl, uniqueName } from './servers.ts';
import { until } from './until.ts';

/** A store in a schema of its own on the real server, reached by `url`; `close` drops the schema. */
export async function openPostgresGround(url = postgresUrl()): Promise<Ground & { schema: string; admin: pg.Pool }> {
  const schema = uniqueName('store');
  const open = () => openPostgresStore({ url, schema, max: 4 });
  const admin = new pg.Pool({ connectionString: postgresUrl(), max: 1, allowExitOnIdle: true });
  const store = await open();
  const stores = [store];
  return {
    store,
    schema,
    admin,
    async second() {
      const another = await open();
      stores.push(another);
      return another;
    },
    async ranges(schedule) {
      const { rows } = await admin.query<Record<'from' | 'to' | 'count', string> & { reason: Range['reason'] }>(
        `select first as "from", last as "to", count, reason from ${schema}.ranges where schedule = $1 order by first`,
        [schedule],
      );
      return rows.map(({ from, to, count, reason }) => ({
        from: Number(from),
        to: Number(to),
        count: Number(count),
        reason,
      }));
    },
    async close() {
      await Promise.all(stores.map((one) => one.close()));
      await dropSchema(admin, schema);
      await admin.end();
    },
  };
}

/** Again after a deadlock: the last statement of a node that the test has killed may still be going on in the server. */
async function dropSchema(admin: pg.Pool, schema: string): Promise<void> {
  await until('the schema is dropped', async () => {
    try {
      await admin.query(`drop schema if exists ${schema} cascade`);
      return true;
    } catch (error) {
      if ((error as pg.DatabaseError).code === '40P01') return false;
      throw error;
    }
  });
}

import pg from 'pg';
import { afterAll } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import type { Range } from '../../src/ports/store-schedule.ts';
import type { Fixture } from '../../src/testing/index.ts';
import { postgresUrl, uniqueName } from './servers.ts';
import { until } from './until.ts';

/** Schemas that hold what a migration makes and nothing else. */
const used: string[] = [];

afterAll(async () => {
  if (used.length === 0) return;
  const admin = openAdmin();
  for (const schema of used.splice(0)) await dropSchema(admin, schema);
  await admin.end();
});

/**
 * A store in a schema of its own on the real server, reached by `url`; `close` drops the schema. To make one is seventy
 * files, which the server syncs at its next checkpoint, whether they are still there or not: with `isUsed` it may be the
 * schema of an earlier test, emptied, whose migration has nothing to do.
 */
export async function openPostgresFixture({ url = postgresUrl(), isUsed = false } = {}): Promise<
  Fixture & { url: string; schema: string; admin: pg.Pool }
> {
  const schema = (isUsed ? used.pop() : undefined) ?? uniqueName('store');
  const open = () => openPostgresStore({ url, schema, max: 4 });
  const admin = openAdmin();
  const store = await open();
  const stores = [store];
  const address = new URL(url);
  address.searchParams.set('schema', schema);
  return {
    store,
    url: address.href,
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
    async occurrences(schedule) {
      const sql = `select count(*)::integer n from ${schema}.occurrences where schedule = $1`;
      return (await admin.query<{ n: number }>(sql, [schedule])).rows[0]?.n ?? 0;
    },
    async close() {
      await Promise.all(stores.map((one) => one.close()));
      if (isUsed && (await empty(admin, schema))) used.push(schema);
      else await dropSchema(admin, schema);
      await admin.end();
    },
  };
}

function openAdmin(): pg.Pool {
  return new pg.Pool({ connectionString: postgresUrl(), max: 1, allowExitOnIdle: true });
}

/** False where there is no whole schema. */
async function empty(admin: pg.Pool, schema: string): Promise<boolean> {
  const { rows } = await admin.query<{ name: string }>(
    'select tablename as name from pg_tables where schemaname = $1',
    [schema],
  );
  const names = rows.map(({ name }) => name);
  if (!names.includes('meta')) return false;
  const others = names.filter((name) => name !== 'meta');
  // What was deleted stays in the indexes while any test holds a transaction open, and a claim that walks over it begins
  // to look ahead in its own way (decision 0034).
  await admin.query(
    others.map((name) => (name === 'live' ? `truncate ${schema}.live` : `delete from ${schema}.${name}`)).join(';'),
  );
  return true;
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

import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import { postgresUrl, uniqueName } from '../support/servers.ts';
import { liveShortly } from '../support/short-life.ts';

/** What server, database or role may say of a session before we have said a word. */
const hostile: Readonly<Record<string, string>> = {
  array_nulls: 'off',
  bytea_output: 'escape',
  check_function_bodies: 'off',
  client_encoding: 'latin1',
  client_min_messages: 'debug5',
  constraint_exclusion: 'on',
  datestyle: 'German',
  default_transaction_deferrable: 'on',
  enable_indexscan: 'off',
  enable_nestloop: 'off',
  extra_float_digits: '-15',
  from_collapse_limit: '1',
  geqo_threshold: '2',
  idle_in_transaction_session_timeout: '1s',
  intervalstyle: 'iso_8601',
  jit_above_cost: '0',
  lock_timeout: '2s',
  plan_cache_mode: 'force_custom_plan',
  quote_all_identifiers: 'on',
  row_security: 'off',
  search_path: 'nowhere',
  standard_conforming_strings: 'off',
  statement_timeout: '10s',
  synchronous_commit: 'off',
  timezone: 'Asia/Kathmandu',
  transform_null_equals: 'on',
  work_mem: '64kB',
  xmlbinary: 'hex',
};

const [one, all] = [uniqueName('one'), uniqueName('all')];
const urlOf = (database: string) => Object.assign(new URL(postgresUrl()), { pathname: database }).href;
let admin: pg.Pool;

beforeAll(async () => {
  admin = new pg.Pool({ connectionString: postgresUrl(), max: 1 });
  for (const database of [one, all]) await admin.query(`create database ${database}`);
});

afterAll(async () => {
  for (const database of [one, all]) await admin.query(`drop database ${database} with (force)`);
  await admin.end();
});

async function live(database: string, settings: Readonly<Record<string, string>>, tag: string): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    await admin.query(`alter database ${database} set ${name} = '${value}'`);
  }
  const store = await openPostgresStore({ url: urlOf(database) });
  try {
    await store.migrate();
    await liveShortly(store, tag);
  } finally {
    await store.close();
    await admin.query(`alter database ${database} reset all`);
  }
}

test.each(Object.entries(hostile))('a run lives with %s = %s as the default of its database', async (name, value) => {
  await live(one, { [name]: value }, name);
});

test('a schema is made, and a run lives, with all of them', async () => {
  await live(all, hostile, 'all');
});

test('where transactions are read-only, that is said', async () => {
  await expect(live(all, { default_transaction_read_only: 'on' }, 'read-only')).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('is read-only') as string,
    hint: expect.stringContaining('default_transaction_read_only') as string,
  });
});

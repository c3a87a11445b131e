import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import { openOwnServer } from '../support/own-server.ts';
import { openMysqlDatabase } from '../support/servers.ts';
import { liveShortly } from '../support/short-life.ts';

/** What the server, or whoever made a pool, may say of a session before we have said a word. */
const hostile: readonly (readonly [name: string, value: string])[] = [
  ['big_tables', '1'],
  ['collation_connection', `'utf8mb4_general_ci'`],
  ['completion_type', `'CHAIN'`],
  ['default_storage_engine', `'MyISAM'`],
  ['foreign_key_checks', '0'],
  ['innodb_lock_wait_timeout', '1'],
  ['join_cache_level', '8'],
  ['lc_time_names', `'de_DE'`],
  ['low_priority_updates', '1'],
  ['optimizer_switch', `'derived_merge=off,semijoin=off,materialization=off,index_merge=off'`],
  ['sql_auto_is_null', '1'],
  ['sql_mode', `''`],
  ['sql_mode', `'ANSI,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE'`],
  ['sql_mode', `'TRADITIONAL,ONLY_FULL_GROUP_BY,PAD_CHAR_TO_FULL_LENGTH,NO_AUTO_VALUE_ON_ZERO'`],
  ['sql_mode', `'ORACLE,EMPTY_STRING_IS_NULL'`],
  ['sql_safe_updates', '1'],
  ['sql_select_limit', '1'],
  ['time_zone', `'+05:45'`],
  ['transaction_isolation', `'READ-UNCOMMITTED'`],
  ['transaction_isolation', `'READ-COMMITTED'`],
  ['transaction_isolation', `'SERIALIZABLE'`],
  ['unique_checks', '0'],
];

/** Of MariaDB 10.11 the name of the variable of a session differs. */
const renamed: Readonly<Record<string, string>> = { transaction_isolation: 'tx_isolation' };

let database: Awaited<ReturnType<typeof openMysqlDatabase>>;

beforeAll(async () => {
  database = await openMysqlDatabase('defaults');
});

afterAll(() => database.close());

/** A pool whose connections all begin so. */
function poolWith(name: string, value: string): mysql.Pool {
  const pool = mysql.createPool({ uri: database.url, connectionLimit: 4, charset: 'UTF8MB4_BIN' });
  pool.pool.on('connection', (connection) => {
    connection.query(`set session ${renamed[name] ?? name} = ${value}`);
  });
  return pool;
}

async function live(pool: mysql.Pool, tag: string): Promise<void> {
  onTestFinished(() => pool.end());
  const store = await openMysqlStore({ pool });
  onTestFinished(() => store.close());
  await store.migrate();
  await liveShortly(store, tag);
}

test.each(hostile)('a run lives with %s = %s as the default of its session', async (name, value) => {
  await live(poolWith(name, value), `${name}-${hostile.findIndex(([n, v]) => n === name && v === value)}`);
});

test('a server has all of them, its schema and its runs too', async () => {
  const server = await openOwnServer('mysql', [
    '--sql-mode=ANSI,NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO,PAD_CHAR_TO_FULL_LENGTH',
    '--transaction-isolation=SERIALIZABLE',
    '--default-time-zone=-09:30',
    '--character-set-server=latin1',
    '--collation-server=latin1_german1_ci',
    '--default-storage-engine=MyISAM',
    '--innodb-lock-wait-timeout=1',
    '--completion-type=CHAIN',
    '--lower-case-table-names=1',
    '--max-allowed-packet=4M',
    '--init-connect=set sql_safe_updates = 1, sql_select_limit = 1, autocommit = 1',
    '--wait-timeout=1',
  ]);
  const admin = await mysql.createConnection(server.url);
  await admin.query(`create user common@'127.0.0.1'`);
  await admin.query(`grant all on onejob.* to common@'127.0.0.1'`);
  await admin.end();
  // who may do everything is not told by init_connect
  const url = Object.assign(new URL(server.url), { username: 'common' }).href;
  const store = await openMysqlStore({ url });
  onTestFinished(() => store.close());
  await store.migrate();
  await liveShortly(store, 'all');
}, 60_000);

describe('what it cannot work with is refused in a sentence', () => {
  test.each([
    ['autocommit', '0', 'is used with autocommit off'],
    ['group_concat_max_len', '1024', 'cuts lists at 1024 bytes'],
    ['character_set_client', 'latin1', 'is used with the character set latin1'],
    ['tx_read_only', '1', 'is read-only'],
    ['sql_big_selects = 0, max_join_size', '2', 'refuses large selects'],
  ])('%s = %s', async (name, value, says) => {
    await expect(live(poolWith(name, value), 'never')).rejects.toMatchObject({
      code: expect.stringMatching(/^(CONFIG_INVALID|STORE_UNAVAILABLE)$/) as string,
      message: expect.stringContaining(says) as string,
      hint: expect.stringMatching(/\w/) as string,
    });
  });
});

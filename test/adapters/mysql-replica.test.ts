import mysql from 'mysql2/promise';
import { expect, onTestFinished, test } from 'vitest';
import { openMysqlNotifier, openMysqlStore } from '../../src/adapters/mysql/index.ts';
import { openOwnServer } from '../support/own-server.ts';
import { liveShortly } from '../support/short-life.ts';
import { aRun } from '../support/store-values.ts';
import { until } from '../support/until.ts';

async function connect(url: string): Promise<mysql.Connection> {
  const connection = await mysql.createConnection(url);
  onTestFinished(() => connection.end().catch(() => undefined));
  return connection;
}

async function rows(connection: mysql.Connection, sql: string): Promise<Record<string, unknown>[]> {
  return (await connection.query<mysql.RowDataPacket[]>(sql))[0];
}

/** A server that writes a binary log, and one that follows it. */
async function openPair(format: string) {
  const open = (id: number) =>
    openOwnServer('mysql', [`--server-id=${id}`, '--log-bin=bin', `--binlog-format=${format}`]);
  const [primary, replica] = await Promise.all([open(1), open(2)]);
  const admin = await connect(primary.url);
  await admin.query(`create user r@'127.0.0.1' identified by 'r'`);
  await admin.query(`grant replication slave on *.* to r@'127.0.0.1'`);
  const follower = await connect(replica.url);
  await follower.query(
    `change master to master_host = '127.0.0.1', master_port = ${new URL(primary.url).port}, master_user = 'r',
       master_password = 'r', master_log_file = 'bin.000001', master_log_pos = 4, master_connect_retry = 1`,
  );
  await follower.query('start slave');
  return { primary, replica, admin };
}

/** What a table holds, on both. */
async function sums(connection: mysql.Connection): Promise<Record<string, unknown>> {
  const tables = (await rows(connection, 'show tables')).flatMap((row) => Object.values(row) as string[]);
  const list = await rows(connection, `checksum table ${tables.join(', ')}`);
  return Object.fromEntries(list.map((row) => [row['Table'], row['Checksum']]));
}

test.each(['ROW', 'MIXED'])(
  'a replica follows all that happens, also after a restart, with a binary log by %s',
  async (format) => {
    const { primary, replica, admin } = await openPair(format);
    const store = await openMysqlStore({ url: primary.url });
    const notifier = openMysqlNotifier({ url: primary.url });
    onTestFinished(() => notifier.close());
    onTestFinished(() => store.close());
    await store.migrate();
    const heard: (string | null)[] = [];
    notifier.listen((words) => heard.push(words));
    const live = async (tag: string) => {
      await liveShortly(store, tag);
      await admin.beginTransaction();
      const runs = [aRun({ key: `in a transaction, ${tag}` }), aRun({ callbacks: 'both' })];
      expect(await store.submit(runs, { tx: admin })).toHaveLength(2);
      await admin.commit();
      notifier.hint();
      await until('words are heard', () => {
        notifier.publish(tag);
        return heard.includes(tag);
      });
    };
    await live('before');
    await replica.restart();
    await live('after');
    await notifier.close();

    const [{ File: file, Position: position } = {}] = await rows(admin, 'show master status');
    const follower = await connect(replica.url);
    const status = async () => (await rows(follower, 'show slave status'))[0] ?? {};
    await until('the replica has followed, or stopped', async () => {
      const { Slave_SQL_Running: runs, Relay_Master_Log_File: at, Exec_Master_Log_Pos: done } = await status();
      return runs !== 'Yes' || (at === file && Number(done) >= Number(position));
    });
    expect(await status()).toMatchObject({ Slave_SQL_Running: 'Yes', Last_SQL_Errno: 0, Last_SQL_Error: '' });
    const all = await sums(admin);
    expect(Object.keys(all).length).toBeGreaterThan(15);
    expect(await sums(follower)).toEqual(all);
    const engines = `select distinct engine from information_schema.tables where table_schema = database()`;
    expect((await rows(admin, engines)).map((row) => Object.values(row))).toEqual([['InnoDB']]);
  },
  120_000,
);

test('with a binary log by STATEMENT, in which the server refuses what we write, the store is refused', async () => {
  const server = await openOwnServer('mysql', ['--server-id=1', '--log-bin=bin', '--binlog-format=STATEMENT']);
  const store = await openMysqlStore({ url: server.url });
  onTestFinished(() => store.close());
  await expect(store.migrate()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('writes its binary log by statement') as string,
    hint: 'set binlog_format of the server to ROW or MIXED',
  });
}, 60_000);

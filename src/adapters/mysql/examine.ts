import type { Examination, Finding } from '../../ports/upkeep.ts';
import { checkClock } from '../sql/clock-check.ts';
import type { Connection } from './connection.ts';
import { now } from './dialect.ts';

/**
 * Looks at the server. A transaction that is open for `oldMs` is reported. What the user has no right to see is left
 * out.
 */
export async function examine(db: Connection, { oldMs = 15 * 60_000 } = {}): Promise<Examination> {
  const before = Date.now();
  const [row] = await db.query<Row>(question, [`${db.names.prefix.replaceAll(/[_%\\]/g, String.raw`\$&`)}%`]);
  const after = Date.now();
  if (row === undefined) throw new Error('the server answered nothing');
  return {
    server: `${row.version.toLowerCase().includes('mariadb') ? 'MariaDB' : 'MySQL'} ${row.version}`,
    bytes: row.bytes === null ? null : Number(row.bytes),
    findings: [
      checkClock({ before, after, server: row.now }),
      await checkConnections(db, row),
      checkRole(row),
      checkCommit(row),
      ...(await checkTransactions(db, oldMs)),
    ],
  };
}

interface Row {
  readonly version: string;
  readonly now: number;
  readonly bytes: string | number | null;
  readonly max_connections: number;
  readonly read_only: number;
  readonly flush: number;
  readonly logs: number;
  readonly sync: number;
}

/** ?: the prefix of our tables, as a pattern. */
const question = /* sql */ `
select version() version, ${now} now, @@max_connections max_connections, @@global.read_only read_only,
  @@innodb_flush_log_at_trx_commit flush, @@log_bin logs, @@sync_binlog sync,
  (select sum(t.data_length + t.index_length) from information_schema.tables t
   where t.table_schema = database() and t.table_name like ?) bytes`;

async function checkConnections(db: Connection, { max_connections: max }: Row): Promise<Finding> {
  const rows = await db
    .query<{ used: number }>('select count(*) used from information_schema.processlist', [])
    .catch(() => []);
  const used = rows[0]?.used ?? 0;
  const text = `${used} of ${max} connections are in use, as far as this user may see`;
  if (used < max * 0.8) return { grade: 'ok', text };
  return { grade: 'warn', text, hint: 'raise max_connections, or lower the pools; each process takes up to 6' };
}

function checkRole({ read_only: readOnly }: Row): Finding {
  if (readOnly === 0) return { grade: 'ok', text: 'the server takes writes' };
  return { grade: 'fail', text: 'the server is read-only', hint: 'name the primary in the URL of the store' };
}

function checkCommit({ flush, logs, sync }: Row): Finding {
  const lost = 'what was committed can be lost when the machine stops, steps then run again';
  if (flush !== 1) {
    const hint = 'set innodb_flush_log_at_trx_commit = 1';
    return { grade: 'fail', text: `innodb_flush_log_at_trx_commit is ${flush}: ${lost}`, hint };
  }
  if (logs === 1 && sync !== 1) {
    const hint = 'set sync_binlog = 1 where replicas or restores rest on the binary log';
    return {
      grade: 'warn',
      text: `sync_binlog is ${sync}: a replica can be ahead of or behind a crashed primary`,
      hint,
    };
  }
  return { grade: 'ok', text: 'a commit is on disk when it is answered' };
}

/** They keep old rows alive, over which every claim then walks. Only who may see all processes is told. */
async function checkTransactions(db: Connection, oldMs: number): Promise<Finding[]> {
  const rows = await db
    .query<{ id: number; minutes: number }>(
      `select trx_mysql_thread_id id, timestampdiff(minute, trx_started, now()) minutes
       from information_schema.innodb_trx
       where timestampdiff(second, trx_started, now()) * 1000 > ? and trx_mysql_thread_id <> connection_id()`,
      [oldMs],
    )
    .catch(() => []);
  return rows.map(({ id, minutes }) => ({
    grade: 'warn',
    text: `a transaction is open for ${minutes} min (connection ${id}): old rows pile up, which makes claims slow`,
    hint: `end it: kill ${id}`,
  }));
}

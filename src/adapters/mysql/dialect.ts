import { listedColumn, type ReadColumn, wholeColumn } from '../sql/listed-columns.ts';
import { runColumns } from '../sql/run-columns.ts';

/** How a store stands in its database. */
export interface Names {
  /** Before the name of each table and procedure, so that they stand apart from the program's own. */
  readonly prefix: string;
  /** The database, or '' for that of the connection. */
  readonly database: string;
}

/** Our SQL with the names of this store: `onejob_runs` becomes the prefix and `runs`, in its database. */
export function named(sql: string, { prefix, database }: Names): string {
  const place = database === '' ? '' : `${quoted(database)}.`;
  return sql.replaceAll(/\bonejob_(\w+)/g, (_, name: string) => `${place}${quoted(prefix + name)}`);
}

export type Value = string | number | null | Uint8Array;

/**
 * A statement with its values in place of the `?`, so that a call is one message also the first time on a connection,
 * which a prepared statement is not, and no session has to keep anything. Texts and bytes stand in it as hexadecimal
 * digits: whatever the `sql_mode`, nothing is escaped.
 */
export function filledIn(sql: string, values: readonly Value[]): string {
  const parts = sql.split('?');
  return parts.map((part, i) => (i === 0 ? part : `${literal(values[i - 1] ?? null)}${part}`)).join('');
}

function literal(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return `_utf8mb4 x'${Buffer.from(value).toString('hex')}'`;
  return `x'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}'`;
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/**
 * A statement of the schema, written out for a server. Ids, names and keys compare byte by byte, trailing spaces too;
 * the two servers call that collation by different names. No statement depends on the character set of the database.
 */
export function written(statement: string, { prefix }: Pick<Names, 'prefix'>, isMariaDb: boolean): string {
  const charset = `character set utf8mb4 collate ${isMariaDb ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin'}`;
  const meanings: Record<string, string> = {
    // 768 characters are the most that an index takes, and a step's key shares one with the run's id.
    id: `varchar(64) ${charset}`,
    label: `varchar(32) ${charset}`,
    name: `varchar(191) ${charset}`,
    step: `varchar(500) ${charset}`,
    key: `varchar(700) ${charset}`,
    text: `longtext ${charset}`,
    table: `engine=innodb row_format=dynamic default ${charset}`,
    now,
    // Whatever completion_type says: a chained transaction would stay open when the call is over.
    commit: 'commit and no chain no release',
    rollback,
    begin: `declare exit handler for sqlexception begin ${rollback}; resignal; end;
  set transaction isolation level read committed;
  start transaction;`,
    run_columns: columns(wholeColumn),
    callback_of_l: callbackOf,
    failure_of_c: cancelFailure,
    is_read_o: isRead,
  };
  const text = statement.replaceAll(/\$(\w+)/g, (all, name: string) => meanings[name] ?? all);
  return named(isMariaDb ? withoutOf(text) : text, { prefix, database: '' });
}

/**
 * What a statement locks stands in it by name, for MySQL refuses to lock what JSON_TABLE makes. MariaDB has no word for
 * that, and locks the rows of tables only.
 */
function withoutOf(sql: string): string {
  return sql
    .replaceAll(/\bfor (update|share) of \w+(?:, \w+)*/g, 'for $1')
    .replaceAll('for share', 'lock in share mode');
}

const rollback = 'rollback and no chain no release';

/** The store's clock in milliseconds: of the statement, whatever the time zone of the session. */
export const now = `(timestampdiff(microsecond, '1970-01-01 00:00:00', utc_timestamp(6)) div 1000)`;

/** `key` and `trigger` are words of the server's own. */
const columns = (read: ReadColumn): string => runColumns(read, { key: 'run_key', trigger: 'cause' });

/** The columns of a run in a list: without its large values. */
export const listColumns = columns(listedColumn);

/** Whether somebody may yet read how the run `o` has ended: its parent, or a child, which may be its callback. */
export const isRead = `(exists (select 1 from onejob_live l force index (primary) where l.run = r.parent)
      or exists (select 1 from onejob_live l force index (by_parent) where l.parent = o.run))`;

/** The failure of a run that was cancelled: `c` says by whom and why. */
const cancelFailure = `cast(json_object('code', 'RUN_CANCELLED', 'message',
      concat('cancelled by ', c.actor, if(c.reason is null, '', concat(': ', c.reason)))) as char character set utf8mb4)`;

/** The run of a callback of the run `l`, as adapters/sql/callback-run.ts makes it; its id is a UUIDv7 (RFC 9562 §5.7). */
const callbackOf = `'i', 0, 'id', lower(concat(substr(lpad(hex(t), 12, '0'), 1, 8), '-', substr(lpad(hex(t), 12, '0'), 9, 4),
      '-7', substr(sha2(uuid(), 256), 1, 3), '-8', substr(sha2(uuid(), 256), 1, 3), '-', substr(sha2(uuid(), 256), 1, 12))),
      'key', concat('callback:', l.run, ':', l.epoch), 'job', l.job, 'queue', l.queue,
      'trigger', 'parent', 'priority', l.priority, 'timeout', l.timeout_ms, 'crashes', l.max_crashes, 'trace', r.trace_id,
      'parent', l.run, 'root', coalesce(l.root, l.run)`;

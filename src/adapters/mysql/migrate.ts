import { OnejobError } from '../../job/errors.ts';
import type { Migration } from '../../ports/store.ts';
import { newId } from '../../std/id.ts';
import { compareVersions } from '../sql/version.ts';
import { refuseOtherSchema, schemaLayout, type SchemaMeta, schemaVersion } from '../sql/schema-version.ts';
import type { Connection, Row } from './connection.ts';
import { named, quoted, written } from './dialect.ts';
import { hasNumber } from './failure.ts';
import { act } from './schema/act.ts';
import { claim } from './schema/claim.ts';
import { create } from './schema/create.ts';
import { end } from './schema/end.ts';
import { inspect } from './schema/inspect.ts';
import { notify } from './schema/notify.ts';
import { letGo } from './schema/let-go.ts';
import { locks } from './schema/locks.ts';
import { output } from './schema/output.ts';
import { prune } from './schema/prune.ts';
import { read } from './schema/read.ts';
import { reclaim } from './schema/reclaim.ts';
import { record } from './schema/record.ts';
import { schedule } from './schema/schedule.ts';
import { steps } from './schema/steps.ts';
import { suspects } from './schema/suspects.ts';
import { tables } from './schema/tables.ts';
import { worker } from './schema/worker.ts';

const procedures = [
  create,
  end,
  steps,
  letGo,
  locks,
  record,
  claim,
  reclaim,
  suspects,
  worker,
  act,
  output,
  schedule,
  prune,
  read,
  inspect,
  notify,
].flat();

/**
 * Brings the schema to this code's version. On an up-to-date one it is one read; else it is done on one connection
 * under a lock of the server: of twenty starters one does it and the others see it done.
 *
 * The server commits each statement that changes the schema by itself. So each may be repeated, and the row in `meta`
 * comes last: who is killed in between leaves a schema of version 0, and the next one goes over it again.
 */
export async function migrate(db: Connection, dryRun: boolean): Promise<Migration & { id: string }> {
  const server = await readServer(db);
  refuseServer(server, db);
  db.adaptTo({
    largestMessage: server.max_packet - 1_024,
    // It forbids to change what a list of ours names, because the list itself is read from end to end.
    beforeCalls: server.safe_updates === 1 ? 'set statement sql_safe_updates = 0 for ' : '',
  });
  const before = await readMeta(db);
  if (before !== undefined) refuse(before, db);
  const from = before?.version ?? 0;
  if (from >= schemaVersion || dryRun) return { from, to: Math.max(from, schemaVersion), id: before?.id ?? '' };
  const found = await db.session((tell) => upgrade(tell, db, server));
  const after = await readMeta(db);
  if (after === undefined) throw new Error(`the store ${db.url} was migrated and has no row in its table meta`);
  refuse(after, db);
  return { from: found, to: Math.max(found, schemaVersion), id: after.id };
}

/**
 * What `migrate` would send, for the client of the server, and what a user without rights of its own needs. Empty when
 * there is nothing to do.
 */
export async function script(db: Connection): Promise<string> {
  const { from, to } = await migrate(db, true);
  if (from === to) return '';
  const [who] = await db.query<{ place: string; me: string; is_mariadb: number }>(
    "select database() place, current_user() me, version() like '%mariadb%' is_mariadb",
    [],
  );
  const place = quoted(db.names.database === '' ? (who?.place ?? '') : db.names.database);
  const user = (who?.me ?? '')
    .split('@')
    .map((part) => `'${part}'`)
    .join('@');
  const statements = statementsFor(db.names.prefix, who?.is_mariadb === 1);
  return [
    `use ${place};`,
    `set session sql_mode = '${sqlMode}';`,
    'delimiter ;;',
    ...statements.map((statement) => `${statement};;`),
    'delimiter ;',
    '-- what the user of the store needs',
    `grant select, insert, update, delete, execute on ${place}.* to ${user};`,
    '',
  ].join('\n');
}

/** They make the schema on an empty database, and may be repeated up to the last one. */
function statementsFor(prefix: string, isMariaDb: boolean): string[] {
  const write = (statement: string) => written(statement, { prefix }, isMariaDb);
  const plain = (statement: string) => named(statement, { prefix, database: '' });
  return [
    ...tables.map(write),
    ...procedures.flatMap((procedure) => [plain(dropOf(procedure)), write(procedure)]),
    plain(
      `insert into onejob_meta (id, version, min_version, layout) values ('${newId()}', ${schemaVersion}, 1, ${schemaLayout})`,
    ),
  ];
}

/** A procedure keeps the mode it was made in: with this one the server refuses a value rather than cut it. */
const sqlMode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

type Tell = (statement: string) => Promise<Row[]>;

/** What the connection's session held before is put back: it may be one of the user's own. */
async function upgrade(tell: Tell, db: Connection, { is_mariadb: isMariaDb }: Server): Promise<number> {
  const lock = `concat('onejob ', left(sha2(concat(database(), ' ${db.names.prefix}'), 256), 40))`;
  const [before] = (await tell('select @@session.sql_mode mode, database() place')) as unknown as Session[];
  if (db.names.database !== '') await tell(`use ${quoted(db.names.database)}`);
  try {
    await tell(`set session sql_mode = '${sqlMode}'`);
    const [got] = await tell(`select get_lock(${lock}, 300) got`);
    if (got?.['got'] !== 1) {
      throw new OnejobError('STORE_UNAVAILABLE', `the store ${db.url} is being migrated by another process`, {
        hint: 'wait until it is done',
      });
    }
    try {
      const [known] = await metaRows(tell, db);
      if (known !== undefined && known.version >= schemaVersion) return known.version;
      for (const statement of statementsFor(db.names.prefix, isMariaDb === 1)) await tell(statement);
      return known?.version ?? 0;
    } finally {
      await tell(`do release_lock(${lock})`);
    }
  } finally {
    await tell(`set session sql_mode = '${before?.mode ?? ''}'`);
    const place = before?.place ?? null;
    if (db.names.database !== '' && place !== null) await tell(`use ${quoted(place)}`);
  }
}

interface Session {
  readonly mode: string;
  readonly place: string | null;
}

function dropOf(procedure: string): string {
  return `drop procedure if exists ${/^create procedure (\w+)/.exec(procedure)?.[1] ?? ''}`;
}

interface Meta extends SchemaMeta {
  readonly id: string;
}

function refuse(found: Meta, { url, names: { prefix } }: Connection): void {
  refuseOtherSchema(found, () => ({
    store: `the store ${url}`,
    anew: `drop the tables and procedures that begin with ${prefix}, which deletes all runs in them, or use another prefix; then: onejob db migrate`,
  }));
}

async function readMeta(db: Connection): Promise<Meta | undefined> {
  try {
    const rows = await db.query<Meta>('select * from onejob_meta', []);
    return rows[0];
  } catch (error) {
    if (hasNumber(error, noSuchTable)) return undefined;
    throw error;
  }
}

async function metaRows(tell: Tell, db: Connection): Promise<Meta[]> {
  try {
    const { prefix } = db.names;
    return (await tell(named('select * from onejob_meta', { prefix, database: '' }))) as unknown as Meta[];
  } catch (error) {
    if (hasNumber(error, noSuchTable)) return [];
    throw error;
  }
}

const noSuchTable = 1146;

interface Server {
  readonly version: string;
  readonly is_mariadb: number;
  readonly max_packet: number;
  readonly list_length: number;
  readonly commits: number;
  readonly charset: string;
  readonly safe_updates: number;
  readonly logs: number;
  readonly log_format: string;
}

async function readServer(db: Connection): Promise<Server> {
  const [server] = await db.query<Server>(
    `select version() version, version() like '%mariadb%' is_mariadb, @@max_allowed_packet max_packet,
       @@group_concat_max_len list_length, @@autocommit commits, @@character_set_client charset, @@sql_safe_updates safe_updates,
       @@log_bin logs, @@binlog_format log_format`,
    [],
  );
  if (server === undefined) throw new Error(`the store ${db.url} does not say what it is`);
  return server;
}

const megabyte = 1_048_576;

/** Refuses a server on which something would go wrong later, with a worse message. */
function refuseServer(server: Server, { url }: Connection): void {
  const refuse = (says: string, hint: string) => {
    throw new OnejobError('CONFIG_INVALID', `the store ${url} ${says}`, { hint });
  };
  const isMariaDb = server.is_mariadb === 1;
  // What it takes of MySQL is the collation.
  const least = isMariaDb ? '10.6' : '8.0.17';
  if (compareVersions(server.version.replace(/-.*/, ''), least) < 0) {
    refuse(`is ${isMariaDb ? 'MariaDB' : 'MySQL'} ${server.version}`, 'use MariaDB 10.6 or MySQL 8.0.17 or newer');
  }
  if (server.commits !== 1) refuse('is used with autocommit off', 'turn autocommit on for the pool');
  if (!server.charset.startsWith('utf8mb4')) {
    refuse(`is used with the character set ${server.charset}`, 'give the pool charset: "utf8mb4"');
  }
  if (server.logs === 1 && server.log_format === 'STATEMENT') {
    refuse(
      'writes its binary log by statement, in which the server refuses what onejob writes',
      'set binlog_format of the server to ROW or MIXED',
    );
  }
  if (!isMariaDb && server.safe_updates === 1) {
    refuse('is used with sql_safe_updates on', 'turn sql_safe_updates off for the user of the store');
  }
  if (server.max_packet < 4 * megabyte) {
    refuse(`takes packets of ${server.max_packet} bytes only`, 'set max_allowed_packet of the server to 16M or more');
  }
  if (isMariaDb && server.list_length < megabyte) {
    refuse(
      `cuts lists at ${server.list_length} bytes`,
      'leave group_concat_max_len of the server at its default of 1M',
    );
  }
}

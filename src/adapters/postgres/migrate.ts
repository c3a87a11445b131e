import { newId } from '../../std/id.ts';
import type { Migration } from '../../ports/store.ts';
import { refuseOtherSchema, schemaLayout, type SchemaMeta, schemaVersion } from '../sql/schema-version.ts';
import type { Connection } from './connection.ts';
import { hasState, wrongIsolation } from './failure.ts';
import { act } from './schema/act.ts';
import { base } from './schema/base.ts';
import { claim } from './schema/claim.ts';
import { create } from './schema/create.ts';
import { createClaim } from './schema/create-claim.ts';
import { createInSequence } from './schema/create-in-sequence.ts';
import { keys } from './schema/keys.ts';
import { locks } from './schema/locks.ts';
import { output } from './schema/output.ts';
import { prune } from './schema/prune.ts';
import { reclaim } from './schema/reclaim.ts';
import { record } from './schema/record.ts';
import { schedule } from './schema/schedule.ts';
import { suspects } from './schema/suspects.ts';
import { tables } from './schema/tables.ts';
import { worker } from './schema/worker.ts';

/** Functions bear the version of their contract, so a later schema adds beside them and older code goes on. */
const versions: readonly string[] = [
  [
    tables,
    keys,
    base,
    create,
    locks,
    record,
    claim,
    reclaim,
    suspects,
    createClaim,
    createInSequence,
    worker,
    act,
    output,
    schedule,
    prune,
  ].join('\n'),
];

const oldestServer = 130_000;

/**
 * Brings the schema to this code's version. On an up-to-date one it is one read; else one message with one
 * transaction, under an advisory lock of that transaction: of twenty starters one does it and the others see it done.
 */
export async function migrate(db: Connection, dryRun: boolean): Promise<Migration & { id: string }> {
  const before = await readMeta(db);
  if (before !== undefined) refuse(before, db);
  const from = before?.version ?? 0;
  if (from >= schemaVersion || dryRun) return { from, to: Math.max(from, schemaVersion), id: before?.id ?? '' };
  const after = await db.script<Meta & { found: number }>(scriptFor(db.schema));
  if (after === undefined) throw new Error(`the store ${db.url} was migrated and has no row in its table meta`);
  refuse(after, db);
  return { from: after.found, to: Math.max(after.found, schemaVersion), id: after.id };
}

/**
 * What `migrate` would send, and what a user without rights of its own needs, so that somebody else can run it. Empty
 * when there is nothing to do.
 */
export async function script(db: Connection): Promise<string> {
  const { from, to } = await migrate(db, true);
  if (from === to) return '';
  const { schema } = db;
  const [row] = await db.query<{ name: string }>('select quote_ident(current_user) as name', []);
  const user = row?.name ?? 'current_user';
  return `begin isolation level read committed;
${scriptFor(schema)};
-- what the user of the store needs
grant usage on schema ${schema} to ${user};
grant select, insert, update, delete on all tables in schema ${schema} to ${user};
grant usage, select, update on all sequences in schema ${schema} to ${user};
grant execute on all functions in schema ${schema} to ${user};
commit;
`;
}

interface Meta extends SchemaMeta {
  readonly id: string;
}

function refuse(found: Meta, { url, schema }: Connection): void {
  refuseOtherSchema(found, () => ({
    store: `the store ${url}`,
    anew: `drop schema ${schema} cascade, which deletes all runs in it, or use another schema; then: onejob db migrate`,
  }));
}

async function readMeta(db: Connection): Promise<Meta | undefined> {
  try {
    const text = `select *, current_setting('transaction_isolation') isolation from ${db.schema}.meta`;
    const [row] = await db.query<Meta & { isolation: string }>(text, []);
    if (row !== undefined && !isFence(row.isolation)) throw wrongIsolation(row.isolation, db.url);
    return row;
  } catch (error) {
    // No such schema, no such table.
    if (hasState(error, '3F000') || hasState(error, '42P01')) return undefined;
    throw error;
  }
}

/** Asks what `check_isolation` asks in each call: may this isolation be used? */
function isFence(isolation: string): boolean {
  return isolation === 'read committed' || isolation === 'read uncommitted';
}

/**
 * Looks again under the lock, for another process may have been faster. The search path is that of this transaction
 * only; each function keeps it (`from current`), so no later call depends on a setting of its session.
 */
function scriptFor(schema: string): string {
  const steps = versions.map((sql, i) => `if known < ${i + 1} then execute $onejob_sql$${sql}$onejob_sql$; end if;`);
  return `do $onejob_migrate$
declare
  known integer := 0;
begin
  if current_setting('server_version_num')::integer < ${oldestServer} then
    raise exception using errcode = 'OJ001', message = current_setting('server_version');
  end if;
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception using errcode = 'OJ002', message = current_setting('server_encoding');
  end if;
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception using errcode = 'OJ003', message = current_setting('transaction_isolation');
  end if;
  perform pg_advisory_xact_lock(hashtextextended('onejob ' || ${literal(schema)}, 0));
  -- asked first, because the command needs the right to create schemas even where there is nothing to create
  if not exists (select from pg_namespace where nspname = ${literal(unquoted(schema))}) then
    create schema ${schema};
  end if;
  perform set_config('search_path', ${literal(`${schema}, pg_temp`)}, true);
  if to_regclass('meta') is not null then select version into known from meta; end if;
  ${steps.join('\n  ')}
  if known = 0 then
    insert into meta (id, version, min_version, layout) values (${literal(newId())}, ${schemaVersion}, 1, ${schemaLayout});
  else
    update meta set version = ${schemaVersion} where version < ${schemaVersion};
  end if;
  perform set_config('onejob.found', known::text, true);
end $onejob_migrate$;
select *, current_setting('onejob.found')::integer found from ${schema}.meta`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function unquoted(identifier: string): string {
  return identifier.slice(1, -1).replaceAll('""', '"');
}

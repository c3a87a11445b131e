import { OnejobError } from '../../../job/errors.ts';
import { newId } from '../../../std/id.ts';
import type { Migration } from '../../../ports/store.ts';
import { refuseOtherSchema, schemaLayout, schemaVersion } from '../../sql/schema-version.ts';
import type { Connection } from './connection.ts';
import { tables } from './tables.ts';

/**
 * Brings the file to this code's schema. On an up-to-date file it is one read; else one transaction, which other
 * processes wait for.
 *
 * @throws CONFIG_INVALID when the file asks for newer code, or was made by code that was never released
 */
export function migrate(db: Connection, dryRun: boolean): Migration & { id: string } {
  const seen = userVersion(db);
  const from = seen < schemaVersion && !dryRun ? upgrade(db) : seen;
  if (from === 0 && dryRun) return { from, to: schemaVersion, id: '' };
  const meta = readMeta(db);
  if (from > 0) refuse(db, from, meta);
  return { from, to: Math.max(from, schemaVersion), id: meta.get('id') ?? '' };
}

/** What `migrate` would do to a new file, for those who want to see it. */
export function script(): string {
  return `${tables.trim()}\n${metaOf(newId())}\npragma user_version = ${schemaVersion};\n`;
}

function metaOf(id: string): string {
  return `insert into meta (name, value)
values ('id', '${id}'), ('min_version', '${schemaVersion}'), ('layout', '${schemaLayout}');`;
}

/** The version that it found under the lock: of several that start at once, one finds the old one. */
function upgrade(db: Connection): number {
  db.exec('begin immediate');
  try {
    const from = userVersion(db);
    if (from < schemaVersion) create(db);
    db.exec('commit');
    return from;
  } catch (error) {
    db.exec('rollback');
    throw error;
  }
}

function userVersion(db: Connection): number {
  return db.get<{ user_version: number }>('pragma user_version')?.user_version ?? 0;
}

function create(db: Connection): void {
  if (db.get(`select 1 from sqlite_schema limit 1`) !== undefined) {
    throw new OnejobError('CONFIG_INVALID', 'the file of the store holds the tables of another program', {
      hint: 'name another file',
    });
  }
  db.exec(tables);
  db.exec(metaOf(newId()));
  db.exec(`pragma user_version = ${schemaVersion}`);
}

/** The table of names and values. */
function readMeta(db: Connection): Map<string, string> {
  const rows = db.all<{ name: string; value: string }>(
    `select name, value from meta where name in ('id', 'min_version', 'layout')`,
  );
  return new Map(rows.map(({ name, value }) => [name, value]));
}

function refuse(db: Connection, version: number, meta: ReadonlyMap<string, string>): void {
  const found = {
    version,
    min_version: Number(meta.get('min_version') ?? version),
    layout: Number(meta.get('layout') ?? 1),
  };
  refuseOtherSchema(found, () => {
    const file = db.get<{ file: string }>('pragma database_list')?.file ?? '';
    return {
      store: `the store sqlite:${file}`,
      anew: `delete ${file} with what stands beside it (-wal, -shm), which deletes all runs in it, or name another file`,
    };
  });
}

import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { OnejobError } from '../../../job/errors.ts';
import { newId } from '../../../std/id.ts';
import { Connection } from './connection.ts';
import { storeError } from './errors.ts';

/**
 * Copies the database as it is at one moment, while others write. It is written beside its place under another name,
 * synced, opened again and checked as a whole, and only then gets its name, which a file that came in between keeps.
 *
 * @throws CONFIG_INVALID when something has that name already, STORE_UNAVAILABLE when it cannot be written
 */
export function backup({ from, to, url }: { from: string; to: string; url: string }): { bytes: number } {
  const target = resolve(to);
  if (from === ':memory:') {
    throw new OnejobError('CONFIG_INVALID', 'a store in memory has nothing to back up', {
      hint: 'name a file as store',
    });
  }
  if (!existsSync(from)) {
    throw new OnejobError('CONFIG_INVALID', `the store ${url} is not there yet`, {
      hint: 'look at the path in --store',
    });
  }
  if (existsSync(target)) throw taken(to);
  const draft = `${target}.${newId()}.part`;
  try {
    copy(from, draft);
    check(draft);
    sync(draft);
    linkSync(draft, target);
    sync(dirname(target));
    return { bytes: statSync(target).size };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') throw taken(to);
    if (code === 'ENOENT' || !existsSync(dirname(target))) throw unwritable(to, 'its directory is not there', error);
    if (code === 'EACCES' || code === 'EROFS') throw unwritable(to, 'this user may not write there', error);
    throw storeError(error, url);
  } finally {
    rmSync(draft, { force: true });
  }
}

export function copy(from: string, draft: string): void {
  const source = new Connection(from);
  try {
    source.exec('pragma busy_timeout = 10000');
    source.exec(`vacuum into '${draft.replaceAll("'", "''")}'`);
  } finally {
    source.close();
  }
}

export function check(draft: string): void {
  const copied = new Connection(draft);
  try {
    const rows = copied.all<{ integrity_check: string }>('pragma integrity_check');
    const [first] = rows;
    if (first?.integrity_check !== 'ok') {
      throw new OnejobError('STORE_UNAVAILABLE', `the copy is not sound: ${first?.integrity_check ?? 'no answer'}`, {
        hint: 'check the disk, and the store with: sqlite3 FILE "pragma integrity_check"',
      });
    }
    if (copied.get(`select 1 from sqlite_schema where name = 'live'`) === undefined) {
      throw new OnejobError('CONFIG_INVALID', 'the store has no schema yet, so there is nothing to back up', {
        hint: 'create it with: onejob db migrate',
      });
    }
  } finally {
    copied.close();
  }
}

/** Of a file its content, of a directory its names. */
export function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function taken(path: string): OnejobError {
  return new OnejobError('CONFIG_INVALID', `${path} is there already and is not overwritten`, {
    hint: 'name another file, or move that one away',
  });
}

function unwritable(path: string, why: string, cause: unknown): OnejobError {
  const hint = 'name a file in a directory that is there and that this user may write to';
  return new OnejobError('CONFIG_INVALID', `the backup ${path} cannot be written: ${why}`, { hint, cause });
}

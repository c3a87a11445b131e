import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { OnejobError } from '../../../job/errors.ts';
import { makeDirectory } from '../../../std/make-directory.ts';
import { Connection } from './connection.ts';

/** Opens the database at `path`, whose directory is created when it is not there. `url` names it in messages. */
export function openFile(path: string, url: string): Connection {
  if (path === ':memory:') return new Connection(path);
  createDirectory(dirname(path), url);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new OnejobError('CONFIG_INVALID', `the store ${url} is a directory`, { hint: 'name a file in it' });
  }
  refuseReadOnly(path, url);
  const db = new Connection(path);
  try {
    configure(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/**
 * SQLite waits by itself while several processes open one new file at once; the wait must be set before the change to
 * WAL (tried: else simultaneous starters fail). On the hot path we wait ourselves (writer.ts).
 */
function configure(db: Connection): void {
  db.exec(`
    pragma busy_timeout = 10000;
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma cache_size = -65536;
    pragma temp_store = memory;
  `);
}

/** Without a wait of SQLite's own, which sleeps up to 100 ms and starves writers (tried). */
export function stopWaiting(db: Connection): void {
  db.exec('pragma busy_timeout = 0');
}

export function startWaiting(db: Connection): void {
  db.exec('pragma busy_timeout = 10000');
}

function createDirectory(path: string, url: string): void {
  try {
    makeDirectory(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new OnejobError('CONFIG_INVALID', `the store ${url} cannot be: ${path} is not a directory`, {
        hint: 'name a file in a directory',
        cause,
      });
    }
    throw new OnejobError(
      'STORE_UNAVAILABLE',
      `the directory ${path} of the store ${url} cannot be created (${code})`,
      {
        hint: 'create it, or let this user write there',
        cause,
      },
    );
  }
}

/** SQLite opens a read-only file without a word and fails with the first write; of a directory it does not say why. */
function refuseReadOnly(path: string, url: string): void {
  for (const place of [path, dirname(path)]) {
    try {
      accessSync(place, constants.W_OK);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new OnejobError('STORE_UNAVAILABLE', `the store ${url} is read-only: this user may not write to ${place}`, {
        hint: 'let this user write to the file and to its directory',
        cause,
      });
    }
  }
}

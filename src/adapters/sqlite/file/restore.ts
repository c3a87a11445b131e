import { existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { OnejobError } from '../../../job/errors.ts';
import { failpoint } from '../../../std/failpoint.ts';
import { newId } from '../../../std/id.ts';
import { makeDirectory } from '../../../std/make-directory.ts';
import { check, copy, sync } from './backup.ts';
import { Connection } from './connection.ts';
import { isLocked, storeError } from './errors.ts';
import { identityOf } from './file-identity.ts';

/**
 * Puts a backup in the place of a store that no process has open. The backup is copied beside it, checked as a whole and
 * synced; what the last process left in the WAL is written into the old file, which keeps another name; then the copy gets
 * the name by a rename. So a process that is killed at any moment leaves the old store or the new one: a WAL that lies
 * beside a database it does not belong to damages it.
 *
 * @throws CONFIG_INVALID for a file that is no sound backup, STORE_UNAVAILABLE while a process has the store open
 */
export function restore({ from, to, url }: { from: string; to: string; url: string }): {
  readonly bytes: number;
  readonly kept: string | null;
} {
  refusePlaces(from, to, url);
  makeDirectory(dirname(resolve(to)));
  const draft = `${to}.${newId()}.part`;
  try {
    copy(from, draft);
    check(draft);
    sync(draft);
    void failpoint('restore.copied');
    const alone = takeAlone(to, url);
    try {
      void failpoint('restore.alone');
      const kept = keep(to);
      void failpoint('restore.kept');
      for (const suffix of ['-wal', '-shm']) rmSync(to + suffix, { force: true });
      void failpoint('restore.bare');
      renameSync(draft, to);
      void failpoint('restore.renamed');
      sync(dirname(resolve(to)));
      return { bytes: statSync(to).size, kept };
    } finally {
      alone?.close(); // of a file that has lost its name SQLite leaves the neighbours alone
    }
  } catch (error) {
    throw storeError(error, url);
  } finally {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(draft + suffix, { force: true });
  }
}

function refusePlaces(from: string, to: string, url: string): void {
  if (to === ':memory:') {
    throw new OnejobError('CONFIG_INVALID', 'a store in memory cannot be brought back', {
      hint: 'name a file as store',
    });
  }
  const source = identityOf(from);
  if (!source) {
    throw new OnejobError('CONFIG_INVALID', `the backup ${from} is not there`, {
      hint: 'name a file of onejob db backup',
    });
  }
  const target = identityOf(to);
  if (target?.ino === source.ino && target.dev === source.dev) {
    throw new OnejobError('CONFIG_INVALID', `${from} is the store ${url} itself`, { hint: 'name a backup of it' });
  }
}

/**
 * The store, locked against every other process until it is closed, its WAL written into it. Undefined where there is none,
 * or one that is too damaged to be opened: then nobody works in it.
 */
function takeAlone(path: string, url: string): Connection | undefined {
  if (!existsSync(path)) return undefined;
  const db = new Connection(path);
  try {
    db.exec('pragma busy_timeout = 0; pragma locking_mode = exclusive; begin exclusive; commit');
    db.exec('pragma wal_checkpoint(truncate)');
    return db;
  } catch (error) {
    db.close();
    if (!isLocked(error)) return undefined;
    throw new OnejobError('STORE_UNAVAILABLE', `the store ${url} is open in another process`, {
      hint: 'stop all that work with it, then restore',
      cause: error,
    });
  }
}

/** Under another name, with its WAL where that could not be written into it; null where there is none. */
function keep(path: string): string | null {
  if (!existsSync(path)) return null;
  const kept = `${path}.replaced-${new Date().toISOString().replaceAll(':', '')}`;
  linkSync(path, kept);
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) linkSync(`${path}-wal`, `${kept}-wal`);
  return kept;
}

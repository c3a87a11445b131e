import { statSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Examination, Finding } from '../../../ports/upkeep.ts';
import type { Tx } from './connection.ts';

/** What the database itself says; read inside of it. */
export interface Inside {
  readonly version: string;
  readonly journal: string;
  readonly bytes: number;
}

export function lookInside({ db }: Tx): Inside {
  return {
    version: db.get<{ version: string }>('select sqlite_version() version')?.version ?? '',
    journal: db.get<{ journal_mode: string }>('pragma journal_mode')?.journal_mode ?? '',
    bytes:
      db.get<{ bytes: number }>('select page_count * page_size bytes from pragma_page_count(), pragma_page_size()')
        ?.bytes ?? 0,
  };
}

/** The database and the file system below it. */
export function examine(path: string, { version, journal, bytes }: Inside): Examination {
  const server = `SQLite ${version}`;
  if (path === ':memory:') {
    const hint = 'name a file to keep runs: sqlite:.onejob/onejob.db';
    return { server, bytes, findings: [{ grade: 'warn', text: 'everything is gone when this process ends', hint }] };
  }
  const { type, bavail, bsize } = statfsSync(dirname(path));
  const findings = [
    checkJournal(journal),
    checkFileSystem(type),
    checkWal(statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0),
    checkSpace(bavail * bsize),
  ];
  return { server, bytes, findings };
}

function checkJournal(journal: string): Finding {
  if (journal === 'wal') return { grade: 'ok', text: 'readers and the writer do not wait for each other (WAL)' };
  return {
    grade: 'warn',
    text: `the journal is of the kind ${journal}, so readers and the writer wait for each other`,
    hint: 'put the file where shared memory works: a local disk',
  };
}

/** SQLite's locks and its shared memory need one machine (sqlite.org/useovernet.html). */
export function checkFileSystem(type: number): Finding {
  const name = networkFileSystems[type >>> 0];
  if (name === undefined) return { grade: 'ok', text: 'the file lies on a disk of this machine' };
  return {
    grade: 'fail',
    text: `the file lies on a network file system (${name}), whose locks do not hold: runs can be lost or run twice`,
    hint: 'move it to a disk of this machine; for several machines use PostgreSQL or MySQL',
  };
}

/** Magic numbers of statfs(2). */
const networkFileSystems: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB2',
  0x01021997: '9P',
  0x5346414f: 'AFS',
  0x6b414653: 'AFS',
  0x00c36400: 'Ceph',
  0x0bd00bd0: 'Lustre',
  0x65735546: 'FUSE',
  0x7461636f: 'OCFS2',
  0x01161970: 'GFS2',
};

/** The WAL is copied into the file about every 4 MB, and begun anew when nobody reads it. */
export function checkWal(size: number): Finding {
  if (size < 64 * mebibyte) return { grade: 'ok', text: `the WAL has ${megabytes(size)}` };
  return {
    grade: 'warn',
    text: `the WAL has grown to ${megabytes(size)}: somebody keeps an old state open`,
    hint: 'end what reads the file for long (a shell of sqlite3, a backup, a stopped process); it is begun anew then',
  };
}

export function checkSpace(free: number): Finding {
  if (free >= 100 * mebibyte) return { grade: 'ok', text: `the disk has ${megabytes(free)} free` };
  const text = `the disk has only ${megabytes(free)} free`;
  return { grade: 'warn', text, hint: 'free some space; onejob db prune deletes old runs' };
}

const mebibyte = 1024 * 1024;

function megabytes(bytes: number): string {
  return `${Math.round(bytes / mebibyte)} MB`;
}

import { createRequire } from 'node:module';
import { OnejobError } from '../../../job/errors.ts';

/** What we use of `node:sqlite`; `@photostructure/sqlite` has the same shape. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface Statement {
  run(...values: readonly SqlValue[]): { changes: number | bigint };
  get(...values: readonly SqlValue[]): unknown;
  all(...values: readonly SqlValue[]): unknown[];
}

export type SqlValue = string | number | null | Uint8Array;

/**
 * Opens a database with what this Node has: its own SQLite from 22.13 on, else the package with the same API.
 *
 * @throws DRIVER_MISSING on an older Node without the package.
 */
export function openDatabase(path: string): Database {
  const { DatabaseSync } = loadDriver();
  return new DatabaseSync(path);
}

interface Driver {
  readonly DatabaseSync: new (path: string) => Database;
}

const require = createRequire(import.meta.url);

function loadDriver(): Driver {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 13) ? loadBuiltin() : loadPackage();
}

/**
 * Node announces on stderr that its SQLite is experimental. That is for those who choose it, which is us and not the
 * user, so this one warning is dropped while the module is loaded; all others pass.
 */
function loadBuiltin(): Driver {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('SQLite')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return require('node:sqlite') as Driver;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function loadPackage(): Driver {
  try {
    return require('@photostructure/sqlite') as Driver;
  } catch (cause) {
    throw new OnejobError('DRIVER_MISSING', `SQLite is missing: Node ${process.versions.node} has none of its own`, {
      hint: 'install it with: npm install @photostructure/sqlite (or use Node 22.13 or newer)',
      cause,
    });
  }
}

import { OnejobError } from '../job/errors.ts';
import type { Inspector } from '../ports/inspector.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { Store } from '../ports/store.ts';
import type { Upkeep } from '../ports/upkeep.ts';
import { maskUrl } from './mask.ts';

/** A store with what comes along with it. */
export interface OpenedBackend {
  readonly store: Store;
  /** Null where a store of the user's own has none. */
  readonly inspector: Inspector | null;
  readonly notifier: Notifier | null;
  /** We opened it, so we close it. */
  readonly isOurs: boolean;
}

export interface BackendOptions {
  /** The process may end in a moment, and nothing in it waits while a disk is slow. */
  readonly isBrief?: boolean;
}

/**
 * The one place that knows adapter names: opens what a URL names, loading its adapter only then. A store that is
 * handed over opened is taken as it is.
 * @throws CONFIG_INVALID for a URL that no adapter takes, DRIVER_MISSING with the line that installs the driver
 */
export async function openBackend(given: string | Store, options: BackendOptions = {}): Promise<OpenedBackend> {
  if (typeof given !== 'string') return { store: given, inspector: inspectorOf(given), notifier: null, isOurs: false };
  const [scheme = ''] = given.match(/^[a-z+-]+(?=:)/i) ?? [];
  switch (scheme.toLowerCase()) {
    case 'sqlite':
      return openSqlite(sqlitePath(given), options);
    case 'memory':
      return openSqlite(':memory:', options);
    case 'postgres':
    case 'postgresql':
      return openPostgres(given);
    case 'mysql':
    case 'mariadb':
      return openMysql(given);
    default:
      throw new OnejobError('CONFIG_INVALID', `no store is known for the URL ${maskUrl(given)}`, {
        hint: 'a store is sqlite:PATH, memory:, postgres://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE',
      });
  }
}

async function openSqlite(path: string, { isBrief = false }: BackendOptions): Promise<OpenedBackend> {
  const { openFileNotifier, openSqliteStore } = await import('../adapters/sqlite/index.ts');
  const store = await openSqliteStore({ path, isBrief });
  const notifier = path === ':memory:' ? null : openFileNotifier(path);
  return { store, inspector: inspectorOf(store), notifier, isOurs: true };
}

async function openPostgres(url: string): Promise<OpenedBackend> {
  const { openPostgresNotifier, openPostgresStore } = await import('../adapters/postgres/index.ts');
  const store = await openPostgresStore({ url });
  return { store, inspector: inspectorOf(store), notifier: openPostgresNotifier({ url }), isOurs: true };
}

async function openMysql(url: string): Promise<OpenedBackend> {
  const { openMysqlNotifier, openMysqlStore } = await import('../adapters/mysql/index.ts');
  const store = await openMysqlStore({ url });
  return { store, inspector: inspectorOf(store), notifier: openMysqlNotifier({ url }), isOurs: true };
}

function inspectorOf(store: Store & Partial<Inspector>): Inspector | null {
  return typeof store.pauses === 'function' && typeof store.backlog === 'function' ? (store as Inspector) : null;
}

/** Null where a store of the user's own has none. */
export function upkeepOf(store: Store & Partial<Upkeep>): Upkeep | null {
  return typeof store.examine === 'function' ? (store as Upkeep) : null;
}

export const defaultStore = 'sqlite:.onejob/onejob.db';

function sqlitePath(url: string): string {
  const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  if (path !== '') return path;
  throw new OnejobError('CONFIG_INVALID', 'the store URL sqlite: names no file', {
    hint: 'write the path behind it, such as sqlite:.onejob/onejob.db',
  });
}

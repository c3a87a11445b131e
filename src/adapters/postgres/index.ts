import type { Adapter } from '../../ports/adapter.ts';
import type { Inspector } from '../../ports/inspector.ts';
import type { Store } from '../../ports/store.ts';
import type { Upkeep } from '../../ports/upkeep.ts';
import { readAddress } from './address.ts';
import type { HeartbeatOptions } from './postgres-heartbeat.ts';
import { openConnection } from './connection.ts';
import type { Pool } from './driver.ts';
import { openPostgresNotifier } from './notifier.ts';
import { createPostgresStore } from './store.ts';

export { openPostgresNotifier, type NotifierOptions } from './notifier.ts';

export const postgres: Adapter = {
  schemes: ['postgres', 'postgresql'],
  async open(url) {
    const store = await openPostgresStore({ url });
    return { store, inspector: store, upkeep: store, notifier: openPostgresNotifier({ url }) };
  },
};

export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database?schema=onejob`. With `pool` it only names the store in messages. */
  url?: string;
  /** Default: `schema` of the URL, else `onejob`. */
  schema?: string;
  /** A pool of `pg` that the program has already; it is not closed with the store. */
  pool?: Pool;
  /** Connections at most, 4 by default: work is written in groups, so more would only crowd the server. */
  max?: number;
}

/**
 * Opens a store in PostgreSQL 13 or newer; the first call connects. Works behind PgBouncer in transaction mode.
 *
 * With a pool and no URL there is nothing for a thread to connect to: the main loop makes the heartbeats, with a longer lease.
 *
 * @throws CONFIG_INVALID for a URL or a schema that cannot be, DRIVER_MISSING without the package `pg`
 */
export async function openPostgresStore({
  url,
  schema,
  pool,
  max,
}: PostgresOptions): Promise<Store & Inspector & Upkeep> {
  const address = readAddress(url ?? 'postgres://pool', schema);
  const db = await openConnection({ address, pool, max });
  return createPostgresStore(db, url === undefined ? null : heartbeatOf(url, schema));
}

function heartbeatOf(url: string, schema: string | undefined): { module: string; options: HeartbeatOptions } {
  const name = readAddress(url, schema).schema.slice(1, -1).replaceAll('""', '"');
  return { module: new URL('./postgres-heartbeat.js', import.meta.url).href, options: { url, schema: name } };
}

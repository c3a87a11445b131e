import type { Adapter } from '../../ports/adapter.ts';
import type { Inspector } from '../../ports/inspector.ts';
import type { Store } from '../../ports/store.ts';
import type { Upkeep } from '../../ports/upkeep.ts';
import { poolAddress, readAddress } from './address.ts';
import type { HeartbeatOptions } from './mysql-heartbeat.ts';
import { openConnection } from './connection.ts';
import type { Pool } from './driver.ts';
import { openMysqlNotifier } from './notifier.ts';
import { createMysqlStore } from './store.ts';

export { openMysqlNotifier, type NotifierOptions } from './notifier.ts';

export const mysql: Adapter = {
  schemes: ['mysql', 'mariadb'],
  async open(url) {
    const store = await openMysqlStore({ url });
    return { store, inspector: store, upkeep: store, notifier: openMysqlNotifier({ url }) };
  },
};

export interface MysqlOptions {
  /** `mysql://user:password@host:3306/database?prefix=onejob_`; `mariadb://` is the same. */
  url?: string;
  /** Before the names of tables and procedures. Default: `prefix` of the URL, else `onejob_`. */
  prefix?: string;
  /** A pool of `mysql2/promise` that the program has already; it is not closed with the store. */
  pool?: Pool;
  /** With a pool and no URL: the database of the tables. Default: that of the pool's connections. */
  database?: string;
  /** Connections at most, 4 by default: work is written in groups, so more would only crowd the server. */
  max?: number;
}

/**
 * Opens a store in MariaDB 10.6 or MySQL 8.0.17, or newer; the first call connects.
 *
 * With a pool and no URL there is nothing for a thread to connect to: the main loop makes the heartbeats, with a longer lease.
 *
 * @throws CONFIG_INVALID for a URL or a prefix that cannot be, DRIVER_MISSING without the package `mysql2`
 */
export async function openMysqlStore({
  url,
  prefix,
  pool,
  database,
  max,
}: MysqlOptions): Promise<Store & Inspector & Upkeep> {
  const address =
    url === undefined
      ? poolAddress({ ...(prefix === undefined ? {} : { prefix }), ...(database === undefined ? {} : { database }) })
      : readAddress(url, prefix);
  const db = await openConnection({ address, pool, max });
  return createMysqlStore(db, url === undefined ? null : heartbeatOf(url, address.names.prefix));
}

function heartbeatOf(url: string, prefix: string): { module: string; options: HeartbeatOptions } {
  return { module: new URL('./mysql-heartbeat.js', import.meta.url).href, options: { url, prefix } };
}

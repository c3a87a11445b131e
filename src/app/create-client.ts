import { Outbox } from '../engine/outbox.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { systemClock } from '../std/clock.ts';
import { openBackend, type OpenedBackend } from './backend.ts';
import type { Client } from './client.ts';
import { isLog } from './config-readers.ts';
import { createLogger } from './logger.ts';
import type { LogOptions } from './options.ts';
import { RunNews } from './run-news.ts';
import { StoreClient, type Backend } from './store-client.ts';

export interface CreateClientOptions {
  /** As for `createApp`. */
  store: string | Store;
  /** `manual`: never migrate by itself. Default `auto`. */
  migrate?: 'auto' | 'manual';
  log?: Log | LogOptions;
  /** Who asks, for the record; default `api`. */
  actor?: string;
}

/**
 * A client for a web route or a script: needs no job's code, opens the store at its first use, keeps no process alive.
 * Jobs are named by their definition, whose input is then checked, or by name.
 */
export function createClient({ store, migrate = 'auto', log, actor = 'api' }: CreateClientOptions): Client {
  const logger = isLog(log) ? log : createLogger({ level: 'warn', ...log });
  let opened: Promise<OpenedBackend & Backend> | undefined;
  const open = async (): Promise<OpenedBackend & Backend> => {
    const backend = await openBackend(store);
    if (migrate === 'auto') await backend.store.migrate();
    const outbox = new Outbox({ store: backend.store, clock: systemClock, log: logger });
    const wake = () => backend.notifier?.hint();
    return { ...backend, outbox, wake, announce: wake };
  };
  const backend = () => {
    opened ??= open();
    opened.catch(() => (opened = undefined)); // a store that was away is tried again
    return opened;
  };
  const news = new RunNews({ backend, clock: systemClock, log: () => logger });
  return new StoreClient({
    backend,
    news,
    registry: () => Promise.resolve(null),
    clock: systemClock,
    actor,
    maxBytes: () => 1_048_576,
    close: async () => {
      await news.close();
      const ending = await opened?.catch(() => undefined);
      await ending?.outbox.settled();
      await ending?.notifier?.close();
      if (ending?.isOurs) await ending.store.close();
    },
  });
}

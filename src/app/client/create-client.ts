import { Outbox } from '../../intake/outbox.ts';
import { Intake } from '../../intake/intake.ts';
import { OnejobError } from '../../job/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import { systemClock } from '../../std/clock.ts';
import { openBackend } from '../backend/backend.ts';
import type { Client } from './client.ts';
import { isLog } from '../config/config-readers.ts';
import { createLogger } from '../logging/logger.ts';
import type { LogOptions } from '../config/options.ts';
import { openPeerChannel, type PreparedBackend } from '../backend/prepare-backend.ts';
import { createHttpClient } from '../remote/http-client.ts';
import { ServerLink } from '../remote/server-link.ts';
import { RunChangeHub } from '../backend/run-change-hub.ts';
import { createStoreClient } from './store-client.ts';
import { withTraceParent } from '../tracing.ts';

export interface CreateClientOptions {
  /** A URL of a store, or a store that is open; this or `url`. */
  store?: string | Store;
  /** Of a server (`onejob start`), such as `http://127.0.0.1:9003`: then no driver and no database is needed here. */
  url?: string;
  /** The token that the server asks for. */
  token?: string;
  /** `manual`: never migrate by itself. Default `auto`. */
  migrate?: 'auto' | 'manual';
  log?: Log | LogOptions;
  /** Who asks, for the record; default `api`. */
  actor?: string;
}

/**
 * A client for a web route or a script: needs no job's code, opens the store at its first use, keeps no process alive.
 * Jobs are named by their definition, whose input is then checked, or by name. With `url` it asks a server instead.
 * @throws CONFIG_INVALID
 */
export function createClient(options: CreateClientOptions): Client {
  const { store, url, token, migrate = 'auto', log, actor = 'api' } = options;
  if (url !== undefined && store === undefined) {
    return createHttpClient({ link: new ServerLink({ url, token }), clock: systemClock });
  }
  if (store === undefined || url !== undefined) {
    throw new OnejobError('CONFIG_INVALID', 'a client is of a store or of a server: createClient takes store or url');
  }
  const logger = isLog(log) ? log : createLogger({ level: 'warn', ...log });
  let opened: Promise<PreparedBackend> | undefined;
  const open = async (): Promise<PreparedBackend> => {
    const backend = await openBackend(store);
    if (migrate === 'auto') await backend.store.migrate();
    const told = openPeerChannel(backend, changeHub, { listens: false });
    return { ...backend, ...told, outbox: new Outbox({ store: told.store, clock: systemClock, log: logger }) };
  };
  const backend = () => {
    opened ??= open();
    opened.catch(() => (opened = undefined)); // a store that was away is tried again
    return opened;
  };
  const changeHub = new RunChangeHub({ backend, clock: systemClock, log: () => logger });
  const registry = () => Promise.resolve(null);
  const maxBytes = () => 1_048_576;
  return createStoreClient({
    backend,
    intake: new Intake({ backend, registry, maxBytes, redact: () => [], withTrace: withTraceParent }),
    changeHub,
    registry,
    clock: systemClock,
    actor,
    maxBytes,
    close: async () => {
      await changeHub.close();
      const ending = await opened?.catch(() => undefined);
      await ending?.outbox.settled();
      await ending?.close();
    },
  });
}

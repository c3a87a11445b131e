import type Pg from 'pg';
import { OnejobError } from '../../job/errors.ts';
import type { Address } from './address.ts';

/** What we need of a pool of `pg`, ours or the user's own. */
export interface Pool {
  query(question: Question): Promise<{ readonly rows: readonly unknown[] }>;
  end(): Promise<void>;
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

interface Question {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly types?: { getTypeParser(oid: number, format?: string): (text: string) => unknown };
  /** Milliseconds until the driver gives up and drops the connection: the server's side of it may be gone. */
  readonly query_timeout?: number;
}
const connectMs = 5_000;
/** A call that stands behind others waits for them as long as they may take: the server is there. */
const queueMs = 30_000;

/** @throws DRIVER_MISSING when the optional package `pg` is not installed */
export async function openPool({ connection }: Address, max: number): Promise<Pool> {
  const pg = await importDriver();
  const pool = new pg.Pool({
    ...settingsOf(connection),
    // The pool's own limit holds for the turn of a call, too, and stands in for that of its connections.
    connectionTimeoutMillis: queueMs,
    Client: class extends pg.Client {
      constructor(settings?: Pg.ClientConfig) {
        super({ ...settings, connectionTimeoutMillis: connectMs });
      }
    },
    max,
    // A client that somebody forgot to close does not keep the process alive.
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is no event: the pool has dropped it, and the next call opens another.
  pool.on('error', () => undefined);
  return pool;
}

/** One connection that does not keep the process alive; it is connected when the promise resolves. */
export async function openClient({ connection }: Address): Promise<Pg.Client> {
  const pg = await importDriver();
  const client = new pg.Client(settingsOf(connection));
  // Without a listener the end of a connection would end the process.
  client.on('error', () => undefined);
  await client.connect();
  (client as unknown as { unref(): void }).unref();
  return client;
}

function settingsOf(connectionString: string) {
  return {
    connectionString,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'onejob',
  };
}

async function importDriver(): Promise<typeof Pg> {
  try {
    return (await import('pg')).default;
  } catch (cause) {
    throw new OnejobError('DRIVER_MISSING', 'a store in PostgreSQL needs the package pg', {
      hint: 'npm install pg',
      cause,
    });
  }
}

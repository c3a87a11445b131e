import type Mysql from 'mysql2/promise';
import { OnejobError } from '../../job/errors.ts';
import type { Address } from './address.ts';

/** What we need of a pool of `mysql2/promise`, ours or the user's own. */
export interface Pool {
  getConnection(): Promise<PoolConnection>;
  end(): Promise<void>;
}

export interface PoolConnection {
  query(question: Question): Promise<readonly [unknown, unknown]>;
  release(): void;
  destroy(): void;
}

interface Question {
  readonly sql: string;
  readonly rowsAsArray?: boolean;
  readonly namedPlaceholders?: boolean;
  readonly typeCast?: boolean;
}

const connectMs = 5_000;

/** @throws DRIVER_MISSING when the optional package `mysql2` is not installed */
export async function openPool({ connection }: Address, max: number): Promise<Pool> {
  const mysql = await importDriver();
  const pool = mysql.createPool({
    uri: connection,
    connectionLimit: max,
    // All of them may stay idle: else a timer that closes idle ones keeps the process alive.
    maxIdle: max,
    connectTimeout: connectMs,
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    charset: 'UTF8MB4_BIN',
  });
  holdWhileUsed(pool);
  return pool;
}

/** A client that somebody forgot to close does not keep the process alive; a call that is under way does. */
function holdWhileUsed(pool: Mysql.Pool): void {
  pool.on('acquire', (connection) => streamOf(connection).ref?.());
  pool.on('release', (connection) => streamOf(connection).unref?.());
}

/** The socket; the types of `mysql2` leave it out. */
function streamOf(connection: unknown): { ref?(): void; unref?(): void } {
  return (connection as { stream?: { ref?(): void; unref?(): void } }).stream ?? {};
}

async function importDriver(): Promise<typeof Mysql> {
  try {
    return (await import('mysql2/promise')).default;
  } catch (cause) {
    throw new OnejobError('DRIVER_MISSING', 'a store in MySQL or MariaDB needs the package mysql2', {
      hint: 'npm install mysql2',
      cause,
    });
  }
}

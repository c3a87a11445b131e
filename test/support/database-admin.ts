import mysql from 'mysql2/promise';
import pg from 'pg';

/** A connection of an administrator. */
export interface Session {
  /** The server's number for it. */
  readonly id: number;
  query(text: string): Promise<unknown>;
  /** Never rejects: what is gone is gone. */
  end(): Promise<void>;
}

interface DatabaseAdmin {
  connect(url: string): Promise<Session>;
  /** Ends all connections of clients but these; answers how many there were. */
  killOthersThan(sessions: readonly Session[]): Promise<number>;
  /** What the driver says when the server has no connection free. */
  readonly full: string;
  /** Begins a transaction that keeps old rows alive. */
  readonly beginLong: readonly string[];
}

const postgres: DatabaseAdmin = {
  async connect(url) {
    const client = new pg.Client(url);
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ id: number }>('select pg_backend_pid() id');
    return {
      id: rows[0]?.id ?? 0,
      query: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
      end: () => client.end().catch(() => undefined),
    };
  },
  async killOthersThan(sessions) {
    const killed = await sessions[0]?.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where backend_type = 'client backend' and pid <> all('{${idsOf(sessions)}}'::integer[])`,
    );
    return (killed as unknown[]).length;
  },
  full: '53300',
  beginLong: ['begin isolation level repeatable read', 'select txid_current()'],
};

const mariadb: DatabaseAdmin = {
  async connect(url) {
    const connection = await mysql.createConnection(url);
    connection.on('error', () => undefined);
    return {
      id: connection.threadId,
      query: async (text) => (await connection.query(text))[0],
      end: () => connection.end().catch(() => connection.destroy()),
    };
  },
  async killOthersThan(sessions) {
    const others = (await sessions[0]?.query(
      `select id from information_schema.processlist where user = 'root' and id not in (${idsOf(sessions)})`,
    )) as { id: number }[];
    // One may have gone by itself.
    for (const { id } of others) await sessions[0]?.query(`kill ${id}`).catch(() => undefined);
    return others.length;
  },
  full: 'ER_CON_COUNT_ERROR',
  beginLong: ['start transaction with consistent snapshot'],
};

export const admins = { postgres, mysql: mariadb };

function idsOf(sessions: readonly Session[]): string {
  return sessions.map(({ id }) => id).join(',');
}

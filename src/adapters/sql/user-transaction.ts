import { OnejobError } from '../../job/errors.ts';

/** Runs one statement inside a transaction of the user's own, and answers what its library answers. */
export type Tell = (text: string, values: readonly unknown[]) => Promise<unknown>;

/**
 * Reads what a caller hands over as `tx`, by its shape, so that we depend on none of these libraries: a connection on
 * which a transaction was begun (`query(text, values)`: pg, mysql2/promise, TypeORM's query runner), or the
 * transaction of Kysely (`executeQuery`) or of Drizzle (`execute`).
 *
 * @throws CONFIG_INVALID for anything on which nothing would commit together with the caller's work
 */
export function readTransaction(tx: unknown): Tell {
  const given = (typeof tx === 'object' && tx !== null ? tx : {}) as Shapes;
  if (typeof given.executeQuery === 'function') return ofKysely(given as Kysely);
  if (typeof given.query === 'function') return ofDriver(given as Driver);
  if (typeof given.execute === 'function') return ofDrizzle(given as Drizzle);
  throw new OnejobError('CONFIG_INVALID', '`tx` is nothing that runs SQL', { hint: anyHint });
}

type Shapes = Partial<Record<'query' | 'execute' | 'executeQuery', unknown>>;

const anyHint =
  'hand over the connection on which the transaction was begun, or the transaction of Drizzle or Kysely as it is';

interface Driver {
  query(text: string, values: readonly unknown[]): unknown;
  /** Pools hand out connections; a client of pg has `connect` too, but counts nothing. */
  readonly totalCount?: unknown;
  readonly getConnection?: unknown;
  /** Of pg since 8.18: `I` idle, `T` in a transaction, `E` in one that has failed, null before the first answer. */
  getTransactionStatus?(): unknown;
}

function ofDriver(driver: Driver): Tell {
  if (driver.totalCount !== undefined || typeof driver.getConnection === 'function') {
    throw new OnejobError('CONFIG_INVALID', '`tx` is a pool, which runs each statement on any connection', {
      hint: 'take one connection from it, begin the transaction there, and hand over that connection',
    });
  }
  const status = driver.getTransactionStatus?.();
  if (status === 'I') throw noneOpen();
  if (status === 'E') throw failed();
  return (text, values) => {
    const answer = driver.query(text, values);
    if (typeof (answer as { then?: unknown } | undefined)?.then === 'function') return answer as Promise<unknown>;
    throw new OnejobError('CONFIG_INVALID', '`tx` answers by callbacks, not by promises', {
      hint: 'of mysql2, hand over a connection of mysql2/promise',
    });
  };
}

/** Refuses a connection without a transaction: it would commit the run at once, whatever the caller does next. */
export function noneOpen(): OnejobError {
  return new OnejobError('CONFIG_INVALID', 'no transaction is open on `tx`', {
    hint: 'begin one, and wait for that, before you enqueue in it',
  });
}

export function failed(cause?: unknown): OnejobError {
  return new OnejobError('CONFIG_INVALID', 'the transaction of `tx` has failed already, and can only be rolled back', {
    hint: 'look for the first error in it; nothing was enqueued',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The user's transaction cannot go on: a deadlock ended it, or its isolation shows it only the past. */
export function collided(cause: unknown): OnejobError {
  return new OnejobError(
    'STORE_UNAVAILABLE',
    'the transaction of `tx` and another one were in each other’s way, and the server ended this one',
    { hint: 'roll it back and begin anew; nothing was enqueued', cause },
  );
}

export function elsewhere(url: string, cause?: unknown): OnejobError {
  return new OnejobError(
    'CONFIG_INVALID',
    `\`tx\` is a transaction on another database than that of the store ${url}`,
    {
      hint: 'begin it on the database of the store; roll this one back',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

interface Kysely {
  readonly isTransaction?: unknown;
  executeQuery(query: unknown): Promise<unknown>;
}

/** Sends SQL by a transaction of Kysely, as the query that its `CompiledQuery.raw` makes. */
function ofKysely(kysely: Kysely): Tell {
  if (kysely.isTransaction !== true) throw outside('Kysely', 'trx');
  return (sql, parameters) =>
    kysely.executeQuery({
      sql,
      parameters,
      query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] },
      queryId: { queryId: 'onejob' },
    });
}

interface Drizzle {
  execute(query: unknown): Promise<unknown>;
  readonly rollback?: unknown;
}

/** Drizzle takes anything that says its SQL; a template of its own would take an array of values apart. */
function ofDrizzle(drizzle: Drizzle): Tell {
  if (typeof drizzle.rollback !== 'function') throw outside('Drizzle', 'tx');
  return async (sql, params) => {
    try {
      return await drizzle.execute({ getSQL: () => ({ toQuery: () => ({ sql, params }) }) });
    } catch (error) {
      // What the database said stands below Drizzle's own error.
      throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
    }
  };
}

function outside(library: string, name: string): OnejobError {
  return new OnejobError('CONFIG_INVALID', `\`tx\` is ${library} itself, not a transaction of it`, {
    hint: `hand over the \`${name}\` that its \`transaction\` gives you`,
  });
}

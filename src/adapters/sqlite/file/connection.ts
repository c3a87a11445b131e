import { type Database, openDatabase, type SqlValue, type Statement } from './driver.ts';

/** Rows inserted together make statements of many shapes; a program uses far fewer than these. */
const maxStatements = 500;

/** One open database with its prepared statements, each prepared once. */
export class Connection {
  // A statement of @photostructure/sqlite does not keep its database alive: this field does (tried: a crash without).
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(path: string) {
    this.#database = openDatabase(path);
  }

  /** Runs statements that are not worth keeping: pragmas and the schema. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Number of rows that were changed. */
  run(sql: string, ...values: readonly SqlValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  /** The first row. The caller knows its columns. */
  get<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.#prepared(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: readonly SqlValue[]): Row[] {
    return this.#prepared(sql).all(...values) as Row[];
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepared(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= maxStatements) this.#statements.clear();
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/**
 * What a method of the port works with: the connection inside a transaction, and the store's now, which is the same for
 * the whole transaction.
 */
export interface Tx {
  readonly db: Connection;
  readonly now: number;
}

import type pg from 'pg';
import type { Pool } from '../../src/adapters/postgres/driver.ts';
import { createDeferred, type Deferred } from '../../src/std/deferred.ts';

/** Carries a question out in a transaction of its own, and commits it when it is told to; those after it at once. */
export class HeldPool implements Pool {
  readonly #pool: pg.Pool;
  #hold: { readonly by: Deferred<number>; readonly released: Deferred<void> } | undefined;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** The next question is held. Resolves when it has been carried out: with the process of the server that holds it. */
  hold(): Promise<number> {
    this.#hold = { by: createDeferred<number>(), released: createDeferred<void>() };
    return this.#hold.by.promise;
  }

  /** Commits it. */
  letGo(): void {
    this.#hold?.released.resolve();
    this.#hold = undefined;
  }

  async query(question: Parameters<Pool['query']>[0]): Promise<{ readonly rows: readonly unknown[] }> {
    const hold = this.#hold;
    const sent = { ...question, values: [...(question.values ?? [])] } as pg.QueryConfig;
    if (!hold || hold.by.settled) return this.#pool.query(sent);
    const client = await this.#pool.connect();
    try {
      await client.query('begin');
      const answer = await client.query(sent);
      hold.by.resolve((client as unknown as { processID: number }).processID);
      await hold.released.promise;
      await client.query('commit');
      return answer;
    } finally {
      client.release();
    }
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}

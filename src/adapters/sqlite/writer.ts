import type { OnejobError } from '../../job/errors.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import type { Connection } from './connection.ts';
import { isFatal, isLocked, lockedError, storeError } from './errors.ts';
import { openFile, startWaiting, stopWaiting } from './file.ts';
import { isWrite, type Method } from './method.ts';
import { perform } from './methods.ts';
import { beatAlone } from './roster.ts';
import { migrate } from './schema.ts';

export interface Call {
  readonly id: number;
  readonly method: Method;
  readonly argument: unknown;
  /** Characters of text in the argument, about. */
  readonly weight: number;
}

/** Exactly one of `value` and `error` counts: `error` when it is there. */
export interface Answer {
  readonly id: number;
  readonly method: Method;
  readonly value?: unknown;
  readonly error?: OnejobError;
}

export interface WriterOptions {
  readonly path: string;
  readonly url: string;
  readonly now: () => number;
  /** Runs `drain` soon, after what else is waiting has been pushed. */
  readonly soon: (drain: () => void) => void;
  readonly answer: (answers: readonly Answer[]) => void;
}

/** How long a call waits for a lock that another process holds. */
const patienceMs = 30_000;

/**
 * The one user of a connection. Takes all calls that wait, whoever sent them, and runs those that write in one
 * transaction with a savepoint each: one commit, and one sync of the disk, serves all. Then come those that read.
 *
 * While another process has the lock, the calls wait and the next try comes after a random pause of up to 3 ms, in
 * the event loop: SQLite's own wait knows no queue and starves (tried: one writer got nothing while another got
 * 16,000 commits a second).
 */
export class Writer {
  readonly #options: WriterOptions;
  #db: Connection | undefined;
  #waiting: Call[] = [];
  #scheduled = false;
  #lockedSince: number | undefined;
  #closing: (() => void) | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  push(calls: readonly Call[]): void {
    for (const call of calls) this.#waiting.push(call);
    this.#schedule();
  }

  /** Opens the file before the first call comes: a failure is told to that call. */
  warmUp(): void {
    try {
      this.#connection();
    } catch {
      // The next call tries again and gets the error.
    }
  }

  /** Resolves when all calls pushed have been answered and the file is closed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closing = resolve;
      this.#schedule();
    });
  }

  /** Raises the counter of a worker, and tells whether it lives. While the lock is taken the beat is skipped. */
  beat(worker: WorkerId, stalled: boolean): boolean {
    try {
      const db = this.#connection();
      return this.#transaction(db, () => beatAlone({ db, now: this.#options.now() }, worker, stalled));
    } catch {
      return true;
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.soon(() => {
      this.#scheduled = false;
      this.#drain();
    });
  }

  #drain(): void {
    const calls = this.#waiting;
    this.#waiting = [];
    if (calls.length > 0) this.#serve(calls);
    if (this.#waiting.length > 0) this.#retryLater();
    else if (this.#closing !== undefined) this.#end(this.#closing);
  }

  #serve(calls: readonly Call[]): void {
    let db: Connection;
    try {
      db = this.#connection();
    } catch (error) {
      return this.#refuse(calls, error);
    }
    for (const call of calls) if (call.method === 'migrate') this.#attempt([call], () => [this.#migrate(db, call)]);
    const writes = calls.filter(({ method }) => isWrite(method));
    if (writes.length > 0) this.#attempt(writes, () => this.#write(db, writes));
    for (const call of calls) {
      if (call.method !== 'migrate' && !isWrite(call.method)) this.#attempt([call], () => [this.#read(db, call)]);
    }
  }

  /** Answers the calls, or puts them back where the file is locked. */
  #attempt(calls: readonly Call[], run: () => Answer[]): void {
    try {
      const answers = run();
      this.#lockedSince = undefined;
      this.#options.answer(answers);
    } catch (error) {
      if (isLocked(error) && this.#hasPatience()) this.#waiting.push(...calls);
      else this.#refuse(calls, error);
    }
  }

  #hasPatience(): boolean {
    this.#lockedSince ??= performance.now();
    return performance.now() - this.#lockedSince < patienceMs;
  }

  #refuse(calls: readonly Call[], cause: unknown): void {
    const { url } = this.#options;
    const error = isLocked(cause) ? lockedError(url, cause) : storeError(cause, url);
    this.#options.answer(calls.map(({ id, method }) => ({ id, method, error })));
  }

  #retryLater(): void {
    this.#scheduled = true;
    const pauseMs = Math.floor(Math.random() * 4);
    const again = () => {
      this.#scheduled = false;
      this.#drain();
    };
    if (pauseMs === 0) setImmediate(again);
    else setTimeout(again, pauseMs);
  }

  #connection(): Connection {
    if (this.#db === undefined) {
      this.#db = openFile(this.#options.path, this.#options.url);
      stopWaiting(this.#db);
    }
    return this.#db;
  }

  #migrate(db: Connection, call: Call): Answer {
    startWaiting(db);
    try {
      return { id: call.id, method: call.method, value: migrate(db, (call.argument as { dryRun: boolean }).dryRun) };
    } finally {
      stopWaiting(db);
    }
  }

  #write(db: Connection, calls: readonly Call[]): Answer[] {
    const tx = { db, now: this.#options.now() };
    const alone = calls.length === 1;
    return this.#transaction(db, () =>
      calls.map(({ id, method, argument }): Answer => {
        if (method === 'migrate') throw new TypeError('migrate has a transaction of its own');
        if (alone) return { id, method, value: perform(tx, method, argument) };
        db.run('savepoint call');
        try {
          const value = perform(tx, method, argument);
          db.run('release call');
          return { id, method, value };
        } catch (error) {
          if (isFatal(error)) throw error;
          db.run('rollback to call');
          db.run('release call');
          return { id, method, error: storeError(error, this.#options.url) };
        }
      }),
    );
  }

  #transaction<T>(db: Connection, run: () => T): T {
    db.run('begin immediate');
    try {
      const result = run();
      db.run('commit');
      return result;
    } catch (error) {
      rollback(db);
      throw error;
    }
  }

  #read(db: Connection, { id, method, argument }: Call): Answer {
    if (method === 'migrate') throw new TypeError('migrate has a transaction of its own');
    db.run('begin');
    try {
      return { id, method, value: perform({ db, now: this.#options.now() }, method, argument) };
    } finally {
      rollback(db);
    }
  }

  #end(done: () => void): void {
    this.#closing = undefined;
    try {
      this.#db?.close();
    } finally {
      this.#db = undefined;
      done();
    }
  }
}

/** SQLite rolls back by itself on some errors (a full disk); then there is nothing left to roll back. */
function rollback(db: Connection): void {
  try {
    db.run('rollback');
  } catch {
    // No transaction is open, which is what we want.
  }
}

import type { OnejobError } from '../../../job/errors.ts';
import type { Connection } from '../file/connection.ts';
import { isBroken, isFatal, isLocked, storeError } from '../file/errors.ts';
import { openFile, startWaiting, stopWaiting } from '../file/file.ts';
import { FileIdentity, identityOf, type Place } from '../file/file-identity.ts';
import { isWrite, type Method } from './method.ts';
import { perform } from './methods.ts';
import { migrate } from '../file/schema.ts';

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

export interface WriterOptions extends Place {
  readonly now: () => number;
  /** Runs `drain` soon, after what else is waiting has been pushed. */
  readonly soon: (drain: () => void) => void;
  readonly answer: (answers: readonly Answer[]) => void;
  /** Does the work, which uses the file, or leaves it where it is too late for that. */
  readonly pass?: (work: () => void) => void;
  /** How long a call waits for a lock that another process holds; default 30 s. */
  readonly patienceMs?: number;
}

const defaultPatienceMs = 30_000;

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
  /** Undefined in memory. */
  readonly #files: FileIdentity | undefined;
  #replaced: OnejobError | undefined;
  #waiting: Call[] = [];
  #scheduled = false;
  /** When a call first met a lock. */
  readonly #lockedSince = new WeakMap<Call, number>();
  #closing: (() => void) | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    if (options.path !== ':memory:') this.#files = new FileIdentity(options);
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

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.soon(this.#again);
  }

  readonly #again = (): void => {
    this.#scheduled = false;
    const { pass } = this.#options;
    if (pass) pass(() => this.#drain());
    else this.#drain();
  };

  #drain(): void {
    const calls = this.#waiting;
    this.#waiting = [];
    if (calls.length > 0) this.#serve(calls);
    if (this.#waiting.length > 0) this.#retryLater();
    else if (this.#closing !== undefined) this.#end(this.#closing);
  }

  #serve(calls: readonly Call[]): void {
    for (const call of calls) {
      if (call.method === 'migrate') this.#answer(this.#attempt([call], (db) => [this.#migrate(db, call)]));
    }
    const writes = calls.filter(({ method }) => isWrite(method));
    if (writes.length > 0) this.#answer(this.#attempt(writes, (db) => this.#write(db, writes)));
    const reads = calls.filter(({ method }) => method !== 'migrate' && !isWrite(method));
    this.#answer(reads.flatMap((call) => this.#attempt([call], (db) => [this.#read(db, call)])));
  }

  /** Looks after the commit: what was written into a file that has lost its name is not answered as done. */
  #answer(answers: readonly Answer[]): void {
    if (answers.length === 0) return;
    const error = this.#replacement();
    this.#options.answer(error ? answers.map(({ id, method }) => ({ id, method, error })) : answers);
  }

  /** The answers; none for calls that may still wait for a lock. */
  #attempt(calls: readonly Call[], run: (db: Connection) => Answer[]): Answer[] {
    try {
      return run(this.#connection());
    } catch (error) {
      return this.#failed(calls, error);
    }
  }

  #failed(calls: readonly Call[], cause: unknown): Answer[] {
    const [patient, refused] = isLocked(cause) ? this.#byPatience(calls) : [[], calls];
    this.#waiting.push(...patient);
    if (isBroken(cause)) this.#reopen();
    const error = storeError(cause, this.#options.url);
    return refused.map(({ id, method }) => ({ id, method, error }));
  }

  #byPatience(calls: readonly Call[]): [patient: Call[], refused: Call[]] {
    const { patienceMs = defaultPatienceMs } = this.#options;
    const now = performance.now();
    const isPatient = (call: Call) => {
      const since = this.#lockedSince.get(call) ?? now;
      this.#lockedSince.set(call, since);
      return now - since < patienceMs;
    };
    return [calls.filter(isPatient), calls.filter((call) => !isPatient(call))];
  }

  #retryLater(): void {
    this.#scheduled = true;
    const pauseMs = Math.floor(Math.random() * 4);
    if (pauseMs === 0) setImmediate(this.#again);
    else setTimeout(this.#again, pauseMs);
  }

  /** @throws STORE_REPLACED, from the first time that it was found to the end of this writer */
  #connection(): Connection {
    if (this.#replaced) throw this.#replaced;
    this.#db ??= this.#open();
    return this.#db;
  }

  /** Looks before, for SQLite makes a file where there is none, and after, for it takes the one that it finds. */
  #open(): Connection {
    const { path, url } = this.#options;
    this.#requireFile();
    const before = identityOf(path);
    const db = openFile(path, url);
    try {
      stopWaiting(db);
      this.#files?.opened(before);
      this.#requireFile();
    } catch (error) {
      this.#files?.closed();
      db.close();
      throw error;
    }
    return db;
  }

  #requireFile(): void {
    const replaced = this.#replacement();
    if (replaced) throw replaced;
  }

  /** Set for good: a file that has the name again is not the one that is open. */
  #replacement(): OnejobError | undefined {
    this.#replaced ??= this.#files?.replacement();
    return this.#replaced;
  }

  /** Opens a new connection, which a disk that came back may need. A store in memory would be lost by that. */
  #reopen(): void {
    if (this.#options.path === ':memory:') return;
    this.#db?.close();
    this.#db = undefined;
    this.#files?.closed();
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

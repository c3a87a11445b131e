import { statSync } from 'node:fs';
import { OnejobError } from '../../../job/errors.ts';

/**
 * The database and the files beside it, each by device and inode. SQLite works on in files that have lost their names:
 * what it commits there is gone with the process, and what others write into the files that have the names now it never
 * sees. So whoever answers that something is stored looks first whether the names still mean these files.
 */
export class FileIdentity {
  readonly #path: string;
  readonly #url: string;
  readonly #database: DatabaseIdentity;
  /** By path; undefined while there is no connection. SQLite makes these files with the first write. */
  #beside: Map<string, Identity | undefined> | undefined;

  constructor({ path, url, identity }: Place) {
    this.#path = path;
    this.#url = url;
    this.#database = identity;
  }

  /** There is a connection; `before` is what the name of the database meant before it was opened. */
  opened(before: Identity | undefined): void {
    if (this.#database.known === undefined) this.#database.learn(before ?? identityOf(this.#path));
    this.#beside = new Map([
      [`${this.#path}-wal`, undefined],
      [`${this.#path}-shm`, undefined],
    ]);
  }

  /**
   * No connection any more. With the last one SQLite deletes what is beside the database, at once or when the garbage
   * collector comes to the last statement, and the next one makes it anew: until then these names mean nothing to us.
   */
  closed(): void {
    this.#beside = undefined;
  }

  /** Three looks at names, some 3 us each: STORE_REPLACED when one of them means another file now. */
  replacement(): OnejobError | undefined {
    const database = this.#database.known;
    if (database !== undefined && !isSame(database, identityOf(this.#path)))
      return replacedError(this.#path, this.#url);
    for (const [path, known] of this.#beside ?? []) {
      const now = identityOf(path);
      if (known === undefined) this.#beside?.set(path, now);
      else if (!isSame(known, now)) return replacedError(path, this.#url);
    }
    return undefined;
  }
}

/** Where a store lies, and which file it was found to be. */
export interface Place {
  readonly path: string;
  /** Names it in messages. */
  readonly url: string;
  /** Shared by all writers of one store in this process, one after the other. */
  readonly identity: DatabaseIdentity;
}

/**
 * Which file the store is, from the first connection on: a later one to another file is none to go on with. In memory
 * that threads share, so that it outlives the writer's thread too.
 */
export class DatabaseIdentity {
  readonly shared: SharedArrayBuffer;
  readonly #numbers: Float64Array;

  constructor(shared = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#numbers = new Float64Array(shared);
  }

  get known(): Identity | undefined {
    const [dev = 0, ino = 0] = this.#numbers;
    return ino === 0 ? undefined : { dev, ino };
  }

  /** The inode last: what is half written is not known. */
  learn(identity: Identity | undefined): void {
    if (identity === undefined) return;
    this.#numbers[0] = identity.dev;
    this.#numbers[1] = identity.ino;
  }
}

export interface Identity {
  readonly dev: number;
  readonly ino: number;
}

/** Undefined where nothing has that name, or nobody can say. */
export function identityOf(path: string): Identity | undefined {
  try {
    return statSync(path, quietly);
  } catch {
    return undefined;
  }
}

const quietly = { throwIfNoEntry: false } as const;

function isSame(one: Identity, other: Identity | undefined): boolean {
  return other !== undefined && one.ino === other.ino && one.dev === other.dev;
}

function replacedError(path: string, url: string): OnejobError {
  return new OnejobError(
    'STORE_REPLACED',
    `${path} of the store ${url} was moved, replaced or deleted while it was open`,
    {
      hint: 'start this process again: it then works in the file that is there',
    },
  );
}

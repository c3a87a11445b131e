import { statSync } from 'node:fs';
import { OnejobError } from '../../job/errors.ts';

/**
 * The database and the files beside it, each by device and inode. SQLite works on in files that have lost their names:
 * what it commits there is gone with the process, and what others write into the files that have the names now it never
 * sees. So whoever answers that something is stored looks first whether the names still mean these files.
 */
export class FileIdentity {
  readonly #url: string;
  readonly #paths: readonly string[];
  /** By path. What is beside the database SQLite makes with the first write, and deletes only with the last connection. */
  readonly #known: (Identity | undefined)[];

  /** Of files that are open; `before` is what the name meant before they were opened. */
  constructor(path: string, url: string, before: Identity | undefined) {
    this.#url = url;
    this.#paths = [path, `${path}-wal`, `${path}-shm`];
    this.#known = [before ?? identityOf(path), undefined, undefined];
  }

  /** Three looks at names, some 3 us each: STORE_REPLACED when one of them means another file now. */
  replacement(): OnejobError | undefined {
    for (let i = 0; i < this.#paths.length; i++) {
      const path = this.#paths[i] as string;
      const known = this.#known[i];
      const now = identityOf(path);
      if (known !== undefined ? isSame(known, now) : i > 0) this.#known[i] ??= now;
      else return replacedError(path, this.#url);
    }
    return undefined;
  }

  /** The connection is closed, and with it SQLite may have deleted what is beside the database. */
  forgetBeside(): void {
    this.#known.fill(undefined, 1);
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

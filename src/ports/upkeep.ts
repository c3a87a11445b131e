import type { PrunePolicy } from './store-query.ts';

/**
 * What operators do with a store as a database. It is the third port, and a small one. People call it by hand, so it
 * may count and look around, which the other ports must not. None of it migrates.
 */
export interface Upkeep {
  /**
   * The statements that `migrate` would run now, and the rights that the store's user needs: for a person with rights
   * that the store's user lacks. Empty when the schema is up to date.
   */
  script(): Promise<string>;

  /** How many finished runs `prune` would delete, if it were called until there is no more. */
  prunable(policy: PrunePolicy): Promise<number>;

  /**
   * Writes a whole copy of one moment to a file that is not there yet, while work goes on; it has been opened again and
   * found sound when the promise resolves. Nothing is left behind by a failure.
   * @throws CONFIG_INVALID where the file exists, or where the server's own tool does it: the hint is its line
   */
  backup(path: string): Promise<{ readonly bytes: number }>;

  /**
   * A backup takes the place of the store, all of it or nothing; what was there is kept under another name, null: nothing was.
   * @throws STORE_UNAVAILABLE while a process has the store open; CONFIG_INVALID for a file that is no sound backup, or
   * where the server's own tool does it
   */
  restore(path: string): Promise<{ readonly bytes: number; readonly kept: string | null }>;

  /** Looks for what makes a store slow or lose what it has promised. Never rejects for a right that is missing. */
  examine(): Promise<Examination>;
}

export interface Examination {
  /** Name and version, such as `PostgreSQL 15.8`. */
  readonly server: string;
  /** About how many bytes the store takes on disk. Null: the server does not say. */
  readonly bytes: number | null;
  /** In the order in which to read them. What is in order is among them. */
  readonly findings: readonly Finding[];
}

export interface Finding {
  /** `fail`: what onejob promises does not hold, or it cannot work. */
  readonly grade: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** The remedy. Every finding that is not `ok` has one. */
  readonly hint?: string;
}

import type { PrunePolicy } from './store-query.ts';

/**
 * What operators do with a store as a database: the third port, and a small one. It is asked by hand, so it may count
 * and look around where the others must not. None of it migrates.
 */
export interface Upkeep {
  /**
   * The statements that `migrate` would run now, for a person who has the rights that the store's own user lacks; with
   * what that user has to be granted. Empty when the schema is up to date.
   */
  script(): Promise<string>;

  /** How many finished runs `prune` would delete in all, called until there is no more. */
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
  /** What the store takes on disk, about; null where that cannot be asked. */
  readonly bytes: number | null;
  /** In the order in which to read them; what is in order, too. */
  readonly findings: readonly Finding[];
}

export interface Finding {
  /** `fail`: what onejob promises does not hold, or it cannot work. */
  readonly grade: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** The remedy; with everything that is not ok. */
  readonly hint?: string;
}

import type { Fixture } from './fixture.ts';
import type { Harness } from './harness.ts';

/** What the suite needs of a test runner; vitest and jest have it, for node:test bring an `expect`. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  readonly expect: (actual: unknown) => Matchers;
}

export interface Matchers {
  toBe(expected: unknown): unknown;
  toEqual(expected: unknown): unknown;
  toMatchObject(expected: object): unknown;
}

/** What each part of the suite is handed. */
export interface Contract {
  /** A test that opens its own ground. */
  readonly test: Runner['test'];
  /** A test on a migrated store of its own. */
  readonly it: (sentence: string, body: (harness: Harness) => Promise<void>) => void;
  readonly expect: Runner['expect'];
  readonly open: () => Promise<Fixture>;
  readonly failpoints: boolean;
}

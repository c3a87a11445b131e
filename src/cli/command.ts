import type { Flag } from './arguments/flag.ts';

/** A command as data, for parsing, help, completion and the reference. Its code is a file of `commands/`, named by its path. */
export interface Command {
  /** `['runs', 'list']`. */
  readonly path: readonly string[];
  readonly summary: string;
  /** Words it takes, in help: `<run>`; in angle brackets required, in square ones not, `…` any number. */
  readonly takes: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
  /** What follows the job's name is for the job, too. */
  readonly job?: true;
  /** Works on a store; its settings are read before its code. */
  readonly store?: true;
  /** Works on a server as well, with --url. */
  readonly remote?: true;
  /** Understood, but not shown. */
  readonly hidden?: true;
}

/** A flag of ours behind a job's name, as typed. */
export interface Behind {
  readonly flag: Flag;
  readonly typed: string;
}

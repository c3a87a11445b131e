import type { App } from '../app/app.ts';
import type { Flag } from './arguments/flag.ts';
import type { Given } from './arguments/given.ts';
import type { Token } from './arguments/token.ts';
import type { Early } from './early.ts';
import type { Faults } from './faults.ts';
import type { Interruption } from './interruption.ts';
import type { Terminal } from './print/terminal.ts';

/** A command as data, for parsing, help, completion and the reference. Its code is a file of `commands/`, named by its path. */
export interface Command {
  /** `['runs', 'list']`. */
  readonly path: readonly string[];
  readonly summary: string;
  /** Words it takes, in help: `<run>`; in angle brackets required, in square ones not, `…` any number. */
  readonly takes: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
  /** What follows the job's name is for the job as well (DESIGN §7). */
  readonly job?: true;
  /** Works on runs: the store is opened before its code is loaded. */
  readonly store?: true;
  /** Understood, but not shown. */
  readonly hidden?: true;
}

export interface CommandModule {
  /** Returns the exit code. Errors that it throws are printed by the caller. */
  execute(call: Call): Promise<number>;
}

/** What a command is given. */
export interface Call {
  readonly command: Command;
  readonly given: Given;
  readonly words: readonly string[];
  /** Of a command with `job`: what the job itself has to read. */
  readonly tail: readonly Token[];
  /** Flags of ours that stand behind the job's name: refused where the job has a field of that name. */
  readonly behind: readonly Behind[];
  /** No command was named: the first word was taken for a job. */
  readonly implicit: boolean;
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly faults: Faults;
  /** Of `main(app)`: its jobs and options are used (CONTRACTS EGO-26). */
  readonly app: App | undefined;
  /** Of a command with `store`. */
  readonly early: Early | undefined;
}

export interface Behind {
  readonly flag: Flag;
  readonly typed: string;
}

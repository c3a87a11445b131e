import type { App } from '../app/app.ts';
import type { LoadedConfig } from '../app/config/config.ts';
import type { Flags } from './arguments/flags.ts';
import type { Token } from './arguments/token.ts';
import type { Behind, Command } from './command.ts';
import type { Faults } from './faults.ts';
import type { Interruption } from './interruption.ts';
import type { Terminal } from './print/terminal.ts';

export interface CommandModule {
  /** Returns the exit code. Errors that it throws are printed by the caller. */
  execute(call: Call): Promise<number>;
}

/** What a command is given. */
export interface Call {
  readonly command: Command;
  readonly flags: Flags;
  readonly positionals: readonly string[];
  /** For a command with `job`: the tokens that the job itself has to read. */
  readonly tail: readonly Token[];
  /** Flags of ours that stand behind the job's name: refused where the job has a field of that name. */
  readonly behind: readonly Behind[];
  /** No command was named: the first word was taken for a job. */
  readonly implicit: boolean;
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly faults: Faults;
  /** The app of `main(app)`, whose jobs and options are used (contract EGO-26). */
  readonly app: App | undefined;
  /** The configuration, for a command with `store`. */
  readonly config: LoadedConfig | undefined;
}

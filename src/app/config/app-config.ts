import { OnejobError } from '../../job/errors.ts';
import type { Log } from '../../ports/log.ts';
import { isLog } from './config-readers.ts';
import { createLogger } from '../logging/logger.ts';
import type { AppOptions } from './options.ts';
import { settingsOf, type Settings } from './settings.ts';
import { userLog } from '../logging/user-log.ts';

/** What an app was told, and what follows from it. */
export class AppConfig {
  #options: AppOptions;
  #settings: Settings;
  #log: Log | undefined;
  readonly #isSettled: () => boolean;

  /** @throws CONFIG_INVALID naming the option */
  constructor(options: AppOptions, isSettled: () => boolean) {
    this.#options = options;
    this.#settings = settingsOf(options);
    this.#isSettled = isSettled;
  }

  /** What was given, with what `change` has changed. */
  get options(): AppOptions {
    return this.#options;
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Of the process. */
  get log(): Log {
    const { log } = this.#options;
    this.#log ??= isLog(log) ? userLog(log) : createLogger(log ?? {});
    return this.#log;
  }

  /** Something was opened or begun, so the options cannot be changed any more. */
  get isSettled(): boolean {
    return this.#isSettled();
  }

  /**
   * Puts other options in the place of those given at creation: the command line's flags win over the program's own
   * (contract EGO-26). Jobs that were handed over stay. @throws CONFIG_INVALID, also when it is settled
   */
  change(options: AppOptions): void {
    if (this.isSettled) {
      throw new OnejobError('CONFIG_INVALID', 'the app works already: its options cannot be changed any more');
    }
    this.#settings = settingsOf(options);
    this.#options = options;
    this.#log = undefined;
  }
}

import { closeSync, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { OnejobError } from '../../job/errors.ts';
import { makeDirectory } from '../../std/make-directory.ts';

/**
 * `onejob.log` in a folder. Appending keeps the lines of several processes whole. Whoever rotates logs moves the file
 * away, and within a second a new one is written: nobody has to send a signal, which a program may have other uses for.
 */
export class LogFile {
  readonly #path: string;
  #descriptor: number;
  #lookedAt = performance.now();

  /** @throws CONFIG_INVALID when it cannot be written */
  constructor(dir: string) {
    this.#path = join(dir, 'onejob.log');
    try {
      makeDirectory(dir);
      this.#descriptor = openSync(this.#path, 'a');
    } catch (cause) {
      const why = (cause as Error).message;
      throw new OnejobError('CONFIG_INVALID', `the log file ${this.#path} cannot be written: ${why}`, {
        hint: 'name another folder with --log-dir, or make this one writable',
        cause,
      });
    }
  }

  /** At once, so that the last words of a dying process are there. Throws what the system says. */
  write(text: string): void {
    const now = performance.now();
    if (now - this.#lookedAt >= lookEveryMs) {
      this.#lookedAt = now;
      this.#follow();
    }
    writeSync(this.#descriptor, text);
  }

  /** Where the new file cannot be opened, lines still go to the one that was moved. */
  #follow(): void {
    const there = statSync(this.#path, { throwIfNoEntry: false });
    const { dev, ino } = fstatSync(this.#descriptor);
    if (there?.ino === ino && there.dev === dev) return;
    const moved = this.#descriptor;
    try {
      this.#descriptor = openSync(this.#path, 'a');
    } catch {
      return;
    }
    closeSync(moved);
  }
}

const lookEveryMs = 1_000;

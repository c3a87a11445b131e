import {
  closeSync,
  constants,
  type FSWatcher,
  fstatSync,
  openSync,
  readSync,
  unlinkSync,
  watch,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from '../../../std/make-directory.ts';

/**
 * Lines that processes of one machine say to each other, in a file that is watched. Who listens makes it, so where it is
 * not there nothing is written. One that has grown is deleted, and those who listen begin the next.
 */
export class NotificationFile {
  readonly #path: string;
  readonly #listeners = new Set<(notification: string | null) => void>();
  #open: OpenFile | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** One write, which the system does not mix with those of others. A line that cannot be said is lost. */
  publish(notification: string): void {
    try {
      const descriptor = openSync(this.#path, constants.O_WRONLY | constants.O_APPEND);
      try {
        writeSync(descriptor, `${notification}\n`);
        if (fstatSync(descriptor).size > maxBytes) unlinkSync(this.#path);
      } finally {
        closeSync(descriptor);
      }
    } catch {
      // Nobody listens.
    }
  }

  listen(onNotification: (notification: string | null) => void): () => void {
    const listener = (notification: string | null) => onNotification(notification);
    this.#listeners.add(listener);
    this.#open ??= this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#end();
  }

  /** Undefined where the file cannot be made or watched (a read-only directory, a limit of the system). */
  #begin(): OpenFile | undefined {
    try {
      makeDirectory(dirname(this.#path));
      const descriptor = openSync(this.#path, 'a+');
      try {
        const watcher = watch(this.#path, { persistent: false }, () => this.#look());
        watcher.on('error', () => this.#end());
        return { descriptor, watcher, offset: fstatSync(descriptor).size, rest: '' };
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
    } catch {
      return undefined;
    }
  }

  #end(): void {
    const open = this.#open;
    this.#open = undefined;
    open?.watcher.close();
    if (open) closeSync(open.descriptor);
  }

  #look(): void {
    const open = this.#open;
    if (!open) return;
    for (const notification of newNotifications(open)) this.#pass(notification);
    // The one that is open is not the one that is said into any more.
    if (this.#open !== open || fstatSync(open.descriptor).nlink > 0) return;
    this.#end();
    this.#open = this.#begin();
    this.#pass(null);
  }

  #pass(notification: string | null): void {
    for (const listener of this.#listeners) listener(notification);
  }
}

interface OpenFile {
  readonly descriptor: number;
  readonly watcher: FSWatcher;
  offset: number;
  /** Of a line whose end has not been seen. */
  rest: string;
}

function newNotifications(open: OpenFile): string[] {
  const buffer = Buffer.alloc(8_192);
  let text = open.rest;
  for (;;) {
    const bytes = readSync(open.descriptor, buffer, 0, buffer.length, open.offset);
    if (bytes === 0) break;
    open.offset += bytes;
    text += buffer.toString('latin1', 0, bytes);
  }
  const lines = text.split('\n');
  open.rest = lines.pop() ?? '';
  return lines;
}

const maxBytes = 65_536;

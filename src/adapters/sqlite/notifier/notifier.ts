import { closeSync, type FSWatcher, futimesSync, openSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Notifier } from '../../../ports/notifier.ts';
import { systemClock, type Timer } from '../../../std/clock.ts';
import { makeDirectory } from '../../../std/make-directory.ts';
import { NotificationFile } from './notification-file.ts';

/**
 * Hints between the processes of one machine that use one database: a file beside it, `PATH-hint`, that is touched and
 * watched. Not its directory: there each write to the database would be an event too. Words go through `PATH-notifications`.
 */
export function openFileNotifier(path: string): Notifier {
  return new FileNotifier(`${path}-hint`, new NotificationFile(`${path}-notifications`));
}

/** At least so long is the pause between two hints. Hints in the pause become one at its end. */
const pauseMs = 10;

class FileNotifier implements Notifier {
  readonly #file: string;
  readonly #notifications: NotificationFile;
  readonly #listeners = new Set<() => void>();
  #watcher: FSWatcher | undefined;
  #pause: Timer | undefined;
  #again = false;
  #closed = false;

  constructor(file: string, notification: NotificationFile) {
    this.#file = file;
    this.#notifications = notification;
  }

  hint(): void {
    if (this.#closed) return;
    if (this.#pause !== undefined) {
      this.#again = true;
      return;
    }
    touch(this.#file);
    this.#pause = systemClock.setTimer(pauseMs, () => {
      this.#pause = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.hint();
    });
    this.#pause.unref?.();
  }

  subscribe(onHint: () => void): () => void {
    this.#listeners.add(onHint);
    this.#watcher ??= this.#watch();
    return () => {
      this.#listeners.delete(onHint);
      if (this.#listeners.size === 0) this.#unwatch();
    };
  }

  publish(notification: string): void {
    if (!this.#closed) this.#notifications.publish(notification);
  }

  listen(onNotification: (notification: string | null) => void): () => void {
    return this.#closed ? () => undefined : this.#notifications.listen(onNotification);
  }

  close(): Promise<void> {
    // A hint that waits for its pause is for others: they must not lose it because we leave.
    if (this.#again) touch(this.#file);
    this.#closed = true;
    this.#again = false;
    this.#pause?.cancel();
    this.#unwatch();
    this.#listeners.clear();
    this.#notifications.close();
    return Promise.resolve();
  }

  /** Undefined where the file cannot be watched (a read-only directory, a limit of the system): polls remain. */
  #watch(): FSWatcher | undefined {
    try {
      makeDirectory(dirname(this.#file));
      touch(this.#file);
      const watcher = watch(this.#file, { persistent: false }, (event) => {
        // Somebody deleted it: the watcher sees the file that is gone, not the one that comes after it.
        if (event === 'rename') this.#rewatch();
        for (const listener of this.#listeners) listener();
      });
      watcher.on('error', () => this.#unwatch());
      return watcher;
    } catch {
      return undefined;
    }
  }

  #rewatch(): void {
    this.#unwatch();
    this.#watcher = this.#watch();
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

/** A hint that cannot be given is lost, and costs the others a poll. */
function touch(file: string): void {
  try {
    const descriptor = openSync(file, 'a');
    try {
      const now = Date.now() / 1000;
      futimesSync(descriptor, now, now);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Nobody waits for it.
  }
}

import { isOwnCode } from '../../engine/attempt/console-capture.ts';
import { OnejobError } from '../../job/errors.ts';
import { inTime } from '../../std/in-time.ts';
import type { PreparedBackend } from './prepare-backend.ts';

/** The backend of an app: opened by who needs it first, closed once. */
export class LazyBackend {
  readonly #prepare: () => Promise<PreparedBackend>;
  readonly #onLost: (error: Error) => void;
  #opened: Promise<PreparedBackend> | undefined;
  #isRetired = false;
  #isClosed = false;
  #isLost = false;

  constructor(prepare: () => Promise<PreparedBackend>, onLost: (error: Error) => void) {
    this.#prepare = prepare;
    this.#onLost = onLost;
  }

  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  /** The store has said that no call can succeed any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * Opens the backend for what an app that stops does not do any more. The code of a run or of a hook is still served:
   * `stop` waits for it to end well. @throws APP_STOPPING after `retire`
   */
  use(): Promise<PreparedBackend> {
    return this.#isRetired && !isOwnCode() ? Promise.reject(stopped()) : this.open();
  }

  /** Nothing new begins. What goes on has the store until `close`. */
  retire(): void {
    this.#isRetired = true;
  }

  /** A store that was away is tried again at the next call. @throws APP_STOPPING once it is being closed */
  open(): Promise<PreparedBackend> {
    if (this.#isClosed) return Promise.reject(stopped());
    if (!this.#opened) {
      const opened = this.#prepare();
      this.#opened = opened;
      opened.then(
        ({ store }) => void store.facts.lost?.then((error) => this.#markLost(error)),
        () => (this.#opened = undefined),
      );
    }
    return this.#opened;
  }

  #markLost(error: Error): void {
    this.#isLost = true;
    this.#onLost(error);
  }

  /**
   * First stores or answers what was asked for, unless the store hangs longer than `patienceMs`. Then closes it; a
   * store that was handed over stays open.
   */
  async close(patienceMs = 10_000): Promise<void> {
    this.#isClosed = true;
    await inTime(this.#close(patienceMs), patienceMs);
  }

  async #close(patienceMs: number): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await inTime(opened?.outbox.settled() ?? Promise.resolve(), patienceMs / 2);
    await opened?.close();
  }
}

export function stopped(): OnejobError {
  return new OnejobError('APP_STOPPING', 'the app has been stopped');
}

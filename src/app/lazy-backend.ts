import { OnejobError } from '../job/errors.ts';
import type { PreparedBackend } from './prepare-backend.ts';

/** The backend of an app: opened by who needs it first, closed once. */
export class LazyBackend {
  readonly #prepare: () => Promise<PreparedBackend>;
  #opened: Promise<PreparedBackend> | undefined;
  #isClosed = false;

  constructor(prepare: () => Promise<PreparedBackend>) {
    this.#prepare = prepare;
  }

  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  /** A store that was away is tried again at the next call. @throws APP_STOPPING once it is being closed */
  open(): Promise<PreparedBackend> {
    if (this.#isClosed) return Promise.reject(new OnejobError('APP_STOPPING', 'the app has been stopped'));
    if (!this.#opened) {
      const opened = this.#prepare();
      this.#opened = opened;
      opened.catch(() => (this.#opened = undefined));
    }
    return this.#opened;
  }

  /** What was asked for is stored or answered first. A store that was handed over stays open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.outbox.settled();
    await opened?.notifier?.close();
    if (opened?.isOurs) await opened.store.close();
  }
}

import type { Connection } from './connection.ts';

/** A line that somebody said, or, numbered -1, the counter of hints. */
export interface Row {
  readonly n: number;
  readonly notification: string;
}

/** Lines that processes say to each other: rows of a table, the last thousand. */
export class NotificationTable {
  readonly #listeners = new Set<(notification: string | null) => void>();
  /** The number of the last line heard; undefined: none yet, or the server was away. */
  #received: number | undefined;

  get isSubscribed(): boolean {
    return this.#listeners.size > 0;
  }

  listen(onNotification: (notification: string | null) => void): () => void {
    const listener = (notification: string | null) => onNotification(notification);
    if (!this.isSubscribed) this.#received = undefined;
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  clear(): void {
    this.#listeners.clear();
  }

  async write(connection: Connection, notification: string): Promise<void> {
    await connection.call('say_v1', [notification]);
  }

  /** What is read for `take`: the last line that was heard again, for where it is gone, so may be others behind it. */
  get question(): string {
    const from = this.isSubscribed
      ? (this.#received ?? '(select coalesce(max(n), 0) from onejob_notifications)')
      : nowhere;
    return `select n, notification from onejob_notifications where n >= ${from}`;
  }

  /** In the order of their numbers. */
  take(rows: readonly Row[]): void {
    if (!this.isSubscribed) return;
    const received = this.#received;
    this.#received = rows.at(-1)?.n ?? 0;
    if (received === undefined || (rows[0]?.n ?? 0) > Math.max(received, 1) || this.#received < received)
      return this.#pass(null);
    for (const { n, notification } of rows) if (n > received) this.#pass(notification);
  }

  /** The server is away. */
  forget(): void {
    this.#received = undefined;
  }

  #pass(notification: string | null): void {
    for (const listener of this.#listeners) listener(notification);
  }
}

/** No line has this number. */
const nowhere = Number.MAX_SAFE_INTEGER;

import type { Notifier } from '../../ports/notifier.ts';
import { systemClock, type Timer } from '../../std/clock.ts';
import { farewell, HintPace } from '../sql/hint-pace.ts';
import { readAddress } from './address.ts';
import { type Connection, openConnection } from './connection.ts';
import { type Row, NotificationTable } from './notification-table.ts';

export interface NotifierOptions {
  url: string;
  /** Default: `prefix` of the URL, else `onejob_`. */
  prefix?: string;
}

/**
 * Hints through a counter in a table, for the server has no LISTEN: raised by who hints, read again and again by who listens, on one connection of its own that is opened with the first hint or listener. Who
 * listens in the process that hints is told without the server. Words are read with the counter, in one question.
 *
 * @throws CONFIG_INVALID for a URL or a prefix that cannot be
 */
export function openMysqlNotifier({ url, prefix }: NotifierOptions): Notifier {
  const address = readAddress(url, prefix);
  return new MysqlNotifier(`${address.names.prefix} ${address.connection}`, () =>
    openConnection({ address, max: 1, timeoutMs: answerMs }),
  );
}

/**
 * The counter is read again after a fiftieth of the time for which nothing was heard: a hint comes late by a hundredth
 * of it, as a rule, and who is idle asks the server ten times a second.
 */
const patience = 1 / 50;
const shortestMs = 10;
const longestMs = 100;
/** Who has just said something may be answered. */
const answerAfterMs = 3;
/** While the server is away. */
const awayMs = 2_000;
const answerMs = 5_000;

/** Those of this process that listen, by their store. */
const listening = new Map<string, Set<MysqlNotifier>>();

class MysqlNotifier implements Notifier {
  readonly #store: string;
  readonly #open: () => Promise<Connection>;
  readonly #pace = new HintPace(() => this.#send());
  readonly #listeners = new Set<() => void>();
  readonly #notifications = new NotificationTable();
  #connection: Promise<Connection> | undefined;
  #saying: Promise<void> = Promise.resolve();
  #look: Timer | undefined;
  #isLooking = false;
  #seen: string | undefined;
  #heardAt = 0;
  #saidAt = -Infinity;
  #closed = false;

  constructor(store: string, open: () => Promise<Connection>) {
    this.#store = store;
    this.#open = open;
  }

  hint(): void {
    this.#pace.hint();
  }

  subscribe(onHint: () => void): () => void {
    // Wrapped, so that one function may listen twice.
    const listener = () => onHint();
    this.#listeners.add(listener);
    if (!this.#closed && this.#listeners.size === 1) this.#join();
    this.#beginToLook();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#leave();
    };
  }

  publish(notification: string): void {
    if (this.#closed) return;
    this.#saying = this.#saying.then(() => this.#write(notification));
    this.#saidAt = systemClock.monotonic();
    if (this.#look !== undefined) this.#lookIn(answerAfterMs);
  }

  listen(onNotification: (notification: string | null) => void): () => void {
    const stop = this.#notifications.listen(onNotification);
    this.#beginToLook();
    return stop;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave();
    this.#look?.cancel();
    this.#listeners.clear();
    this.#notifications.clear();
    await Promise.all([this.#pace.close(), farewell(this.#saying)]);
    await farewell(this.#connection?.then((connection) => connection.close()));
  }

  #join(): void {
    const neighbours = listening.get(this.#store) ?? new Set();
    listening.set(this.#store, neighbours.add(this));
  }

  #leave(): void {
    const neighbours = listening.get(this.#store);
    neighbours?.delete(this);
    if (neighbours?.size === 0) listening.delete(this.#store);
  }

  /** A hint that cannot be given is lost, and costs the others a poll. */
  async #send(): Promise<void> {
    for (const neighbour of listening.get(this.#store) ?? []) if (neighbour !== this) neighbour.#tell();
    try {
      const connection = await this.#connected();
      await connection.call('hint_v1', []);
    } catch {
      // Nobody waits for it.
    }
  }

  async #write(notification: string): Promise<void> {
    try {
      await this.#notifications.write(await this.#connected(), notification);
    } catch {
      // Nobody waits for it.
    }
  }

  #beginToLook(): void {
    if (this.#closed || this.#isLooking) return;
    this.#isLooking = true;
    void this.#lookForNotifications();
  }

  async #lookForNotifications(): Promise<void> {
    this.#look = undefined;
    let away = false;
    try {
      const connection = await this.#connected();
      const question = `${this.#notifications.question} union all select -1, n from onejob_hints where kind = 'hint' order by n`;
      const rows = await connection.query<Row>(question, []);
      const count = rows.find(({ n }) => n === -1)?.notification ?? '0';
      // With the first look, too: whatever was said while nobody listened.
      if (count !== this.#seen) this.#tell();
      this.#seen = count;
      this.#notifications.take(rows.filter(({ n }) => n > -1));
    } catch {
      this.#seen = undefined;
      this.#notifications.forget();
      away = true;
    }
    this.#isLooking = !this.#closed && (this.#listeners.size > 0 || this.#notifications.isSubscribed);
    if (!this.#isLooking) return;
    this.#lookIn(away ? awayMs : this.#pauseMs());
  }

  #lookIn(ms: number): void {
    this.#look?.cancel();
    this.#look = systemClock.setTimer(ms, () => void this.#lookForNotifications());
    this.#look.unref?.();
  }

  #pauseMs(): number {
    const now = systemClock.monotonic();
    const byHearing = Math.max(shortestMs, (now - this.#heardAt) * patience);
    const bySaying = Math.max(answerAfterMs, (now - this.#saidAt) * patience);
    return Math.min(longestMs, byHearing, bySaying);
  }

  #connected(): Promise<Connection> {
    this.#connection ??= this.#open();
    return this.#connection;
  }

  #tell(): void {
    this.#heardAt = systemClock.monotonic();
    for (const listener of this.#listeners) listener();
  }
}

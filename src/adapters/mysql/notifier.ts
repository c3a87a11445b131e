import type { Notifier } from '../../ports/notifier.ts';
import { systemClock, type Timer } from '../../std/clock.ts';
import { farewell, HintPace } from '../sql/hint-pace.ts';
import { readAddress } from './address.ts';
import { type Connection, openConnection } from './connection.ts';

export interface NotifierOptions {
  url: string;
  /** Default: `prefix` of the URL, else `onejob_`. */
  prefix?: string;
}

/**
 * Hints through a counter in a table that the server keeps in memory, for it has no LISTEN: raised by who hints, read
 * again and again by who listens, on one connection of its own that is opened with the first hint or listener. Who
 * listens in the process that hints is told without the server.
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
  #connection: Promise<Connection> | undefined;
  #look: Timer | undefined;
  #seen: number | undefined;
  #heardAt = 0;
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
    if (!this.#closed && this.#listeners.size === 1) {
      this.#join();
      void this.#lookForNews();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#leave();
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave();
    this.#look?.cancel();
    this.#listeners.clear();
    await this.#pace.close();
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
      await connection.query('insert into onejob_hints (one, n) values (1, 1) on duplicate key update n = n + 1', []);
    } catch {
      // Nobody waits for it.
    }
  }

  /** A counter that is gone was lost with the memory of a server: that is news too. */
  async #lookForNews(): Promise<void> {
    this.#look = undefined;
    let away = false;
    try {
      const connection = await this.#connected();
      const [row] = await connection.query<{ n: number }>('select n from onejob_hints', []);
      const count = row?.n ?? 0;
      // With the first look, too: whatever was said while nobody listened.
      if (count !== this.#seen) this.#tell();
      this.#seen = count;
    } catch {
      this.#seen = undefined;
      away = true;
    }
    if (this.#closed || this.#listeners.size === 0 || this.#look !== undefined) return;
    this.#look = systemClock.setTimer(away ? awayMs : this.#pauseMs(), () => void this.#lookForNews());
    this.#look.unref?.();
  }

  #pauseMs(): number {
    const silentMs = systemClock.monotonic() - this.#heardAt;
    return Math.min(longestMs, Math.max(shortestMs, silentMs * patience));
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

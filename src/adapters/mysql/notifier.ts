import type { Notifier } from '../../ports/notifier.ts';
import { systemClock, type Timer } from '../../std/clock.ts';
import { readAddress } from './address.ts';
import { type Connection, openConnection } from './connection.ts';

export interface NotifierOptions {
  url: string;
  /** Default: `prefix` of the URL, else `onejob_`. */
  prefix?: string;
}

/**
 * Hints through a counter in a table that the server keeps in memory, for it has no LISTEN: raised at most every 25 ms,
 * read every 100 ms by who listens, on one connection of its own that is opened with the first hint or listener. One
 * read of one row costs the server less than a look for due runs.
 *
 * @throws CONFIG_INVALID for a URL or a prefix that cannot be
 */
export function openMysqlNotifier({ url, prefix }: NotifierOptions): Notifier {
  const address = readAddress(url, prefix);
  return new MysqlNotifier(() => openConnection({ address, max: 1, timeoutMs: answerMs }));
}

/** Hints in between are told by one at the end of the pause. */
const pauseMs = 25;
const lookMs = 100;
/** While the server is away. */
const awayMs = 2_000;
const answerMs = 5_000;
/** So long a last hint may take when the process leaves. */
const farewellMs = 1_000;

class MysqlNotifier implements Notifier {
  readonly #open: () => Promise<Connection>;
  readonly #listeners = new Set<() => void>();
  #connection: Promise<Connection> | undefined;
  #sending: Promise<void> = Promise.resolve();
  #pause: Timer | undefined;
  #again = false;
  #look: Timer | undefined;
  #seen: number | undefined;
  #closed = false;

  constructor(open: () => Promise<Connection>) {
    this.#open = open;
  }

  hint(): void {
    if (this.#closed) return;
    if (this.#pause !== undefined) {
      this.#again = true;
      return;
    }
    this.#sending = this.#send();
    this.#pause = systemClock.setTimer(pauseMs, () => {
      this.#pause = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.hint();
    });
    this.#pause.unref?.();
  }

  subscribe(onHint: () => void): () => void {
    // Wrapped, so that one function may listen twice.
    const listener = () => onHint();
    this.#listeners.add(listener);
    if (!this.#closed && this.#listeners.size === 1) void this.#lookForNews();
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    // A hint that waits for its pause is for others: they must not lose it because we leave.
    if (this.#again) this.#sending = this.#send();
    this.#closed = true;
    this.#again = false;
    this.#pause?.cancel();
    this.#look?.cancel();
    this.#listeners.clear();
    await within(farewellMs, this.#sending);
    await within(
      farewellMs,
      this.#connection?.then((connection) => connection.close()),
    );
  }

  /** A hint that cannot be given is lost, and costs the others a poll. */
  async #send(): Promise<void> {
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
    let nextMs = lookMs;
    try {
      const connection = await this.#connected();
      const [row] = await connection.query<{ n: number }>('select n from onejob_hints', []);
      const count = row?.n ?? 0;
      // With the first look, too: whatever was said while nobody listened.
      if (count !== this.#seen) this.#tell();
      this.#seen = count;
    } catch {
      this.#seen = undefined;
      nextMs = awayMs;
    }
    if (this.#closed || this.#listeners.size === 0 || this.#look !== undefined) return;
    this.#look = systemClock.setTimer(nextMs, () => void this.#lookForNews());
    this.#look.unref?.();
  }

  #connected(): Promise<Connection> {
    this.#connection ??= this.#open();
    return this.#connection;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Resolves when the work has settled or the time is up. */
async function within(ms: number, work: Promise<unknown> | undefined): Promise<void> {
  if (work === undefined) return;
  let timer: Timer | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = systemClock.setTimer(ms, resolve);
  });
  await Promise.race([work.catch(() => undefined), timeout]);
  timer?.cancel();
}

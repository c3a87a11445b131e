import { createHash } from 'node:crypto';
import type Pg from 'pg';
import type { Notifier } from '../../ports/notifier.ts';
import { backoffDelay } from '../../std/backoff.ts';
import { systemClock, type Timer } from '../../std/clock.ts';
import { type Address, readAddress } from './address.ts';
import { openClient } from './driver.ts';

export interface NotifierOptions {
  url: string;
  /** Default: `schema` of the URL, else `onejob`. */
  schema?: string;
}

/**
 * Hints through LISTEN and NOTIFY, on one connection of its own that is opened with the first hint or listener. Behind
 * PgBouncer in transaction mode hints go out and none comes in, so polls remain.
 *
 * @throws CONFIG_INVALID for a URL or a schema that cannot be
 */
export function openPostgresNotifier({ url, schema }: NotifierOptions): Notifier {
  return new PostgresNotifier(readAddress(url, schema));
}

/** Hints in between are told by one at the end of the pause. */
const pauseMs = 10;
const reconnect = { delayMs: 100, factor: 2, maxDelayMs: 5_000, jitter: 0.5 };
/** So long a last hint may take when the process leaves. */
const farewellMs = 1_000;

class PostgresNotifier implements Notifier {
  readonly #address: Address;
  readonly #channel: string;
  readonly #listeners = new Set<() => void>();
  #client: Promise<Pg.Client> | undefined;
  #sending: Promise<void> = Promise.resolve();
  #pause: Timer | undefined;
  #again = false;
  #failures = 0;
  #retry: Timer | undefined;
  #closed = false;

  constructor(address: Address) {
    this.#address = address;
    this.#channel = channelOf(address.schema);
  }

  hint(): void {
    if (this.#closed) return;
    if (this.#pause !== undefined) {
      this.#again = true;
      return;
    }
    this.#sending = this.#send();
    // Not before the last one is through: one at a time on the connection.
    this.#pause = systemClock.setTimer(pauseMs, () => void this.#sending.then(() => this.#rested()));
    this.#pause.unref?.();
  }

  subscribe(onHint: () => void): () => void {
    // Wrapped, so that one function may listen twice.
    const listener = () => onHint();
    this.#listeners.add(listener);
    if (!this.#closed) void this.#listen();
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    // A hint that waits for its pause is for others: they must not lose it because we leave.
    if (this.#again) this.#sending = this.#sending.then(() => this.#send());
    this.#closed = true;
    this.#again = false;
    this.#pause?.cancel();
    this.#retry?.cancel();
    this.#listeners.clear();
    await within(farewellMs, this.#sending);
    await within(
      farewellMs,
      this.#client?.then((client) => client.end()),
    );
  }

  #rested(): void {
    this.#pause = undefined;
    if (!this.#again) return;
    this.#again = false;
    this.hint();
  }

  /** A hint that cannot be given is lost, and costs the others a poll. */
  async #send(): Promise<void> {
    try {
      const client = await this.#connected();
      await client.query(`notify ${this.#channel}`);
    } catch {
      // Nobody waits for it; the next hint finds another connection.
    }
  }

  async #listen(): Promise<void> {
    try {
      await this.#connected();
      this.#failures = 0;
    } catch {
      this.#listenLater();
    }
  }

  #listenLater(): void {
    if (this.#closed || this.#listeners.size === 0 || this.#retry !== undefined) return;
    this.#failures += 1;
    this.#retry = systemClock.setTimer(backoffDelay(reconnect, this.#failures, Math.random), () => {
      this.#retry = undefined;
      void this.#listen();
    });
    this.#retry.unref?.();
  }

  #connected(): Promise<Pg.Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<Pg.Client> {
    try {
      const client = await openClient(this.#address);
      client.on('notification', () => this.#tell());
      client.on('end', () => this.#lost());
      await client.query(`listen ${this.#channel}`);
      // Whatever was said while nobody listened.
      this.#tell();
      return client;
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }

  #lost(): void {
    this.#client = undefined;
    this.#listenLater();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** A name of 63 bytes at most, whatever the schema is called. */
export function channelOf(schema: string): string {
  return `onejob_${createHash('sha256').update(schema).digest('hex').slice(0, 24)}`;
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

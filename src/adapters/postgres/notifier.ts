import { createHash } from 'node:crypto';
import type Pg from 'pg';
import type { Notifier } from '../../ports/notifier.ts';
import { backoffDelay } from '../../std/backoff.ts';
import { systemClock, type Timer } from '../../std/clock.ts';
import { farewell, HintPace } from '../sql/hint-pace.ts';
import { type Address, readAddress } from './address.ts';
import { openClient } from './driver.ts';

export interface NotifierOptions {
  url: string;
  /** Default: `schema` of the URL, else `onejob`. */
  schema?: string;
}

/**
 * Hints and words through LISTEN and NOTIFY, on one connection of its own that is opened with the first of them or the
 * first listener. Behind PgBouncer in transaction mode they go out and none comes in, so polls remain.
 *
 * @throws CONFIG_INVALID for a URL or a schema that cannot be
 */
export function openPostgresNotifier({ url, schema }: NotifierOptions): Notifier {
  return new PostgresNotifier(readAddress(url, schema));
}

const reconnect = { delayMs: 100, factor: 2, maxDelayMs: 5_000, jitter: 0.5 };

class PostgresNotifier implements Notifier {
  readonly #address: Address;
  readonly #channel: string;
  readonly #notificationChannel: string;
  readonly #pace = new HintPace(() => this.#send());
  readonly #listeners = new Set<() => void>();
  readonly #notificationListeners = new Set<(notification: string | null) => void>();
  #client: Promise<Pg.Client> | undefined;
  #saying: Promise<void> = Promise.resolve();
  #failures = 0;
  #retry: Timer | undefined;
  #closed = false;

  constructor(address: Address) {
    this.#address = address;
    this.#channel = channelOf(address.schema);
    this.#notificationChannel = `${this.#channel}_words`;
  }

  hint(): void {
    this.#pace.hint();
  }

  subscribe(onHint: () => void): () => void {
    // Wrapped, so that one function may listen twice.
    const listener = () => onHint();
    this.#listeners.add(listener);
    if (!this.#closed) void this.#listen();
    return () => void this.#listeners.delete(listener);
  }

  publish(notification: string): void {
    if (!this.#closed) this.#saying = this.#saying.then(() => this.#send(notification));
  }

  listen(onNotification: (notification: string | null) => void): () => void {
    const listener = (notification: string | null) => onNotification(notification);
    this.#notificationListeners.add(listener);
    if (!this.#closed) void this.#listen();
    return () => void this.#notificationListeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#retry?.cancel();
    this.#listeners.clear();
    this.#notificationListeners.clear();
    await Promise.all([this.#pace.close(), farewell(this.#saying)]);
    await farewell(this.#client?.then((client) => client.end()));
  }

  /** A hint that cannot be given is lost, and costs the others a poll. */
  async #send(notification?: string): Promise<void> {
    try {
      const client = await this.#connected();
      if (notification === undefined) await client.query(`notify ${this.#channel}`);
      else await client.query('select pg_notify($1, $2)', [this.#notificationChannel, notification]);
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
    if (this.#closed || this.#listeners.size + this.#notificationListeners.size === 0 || this.#retry !== undefined)
      return;
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
      client.on('notification', ({ channel, payload }) => {
        if (channel === this.#channel) this.#tell();
        else this.#pass(payload ?? null);
      });
      client.on('end', () => this.#lost());
      await client.query(`listen ${this.#channel}; listen ${this.#notificationChannel}`);
      // Whatever was said while nobody listened.
      this.#tell();
      this.#pass(null);
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

  #pass(notification: string | null): void {
    for (const listener of this.#notificationListeners) listener(notification);
  }
}

/** A name of 63 bytes at most, whatever the schema is called. */
export function channelOf(schema: string): string {
  return `onejob_${createHash('sha256').update(schema).digest('hex').slice(0, 24)}`;
}

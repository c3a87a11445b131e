import { readFailure } from '../job/failure.ts';
import type { ServiceSet } from '../job/services.ts';
import type { Log } from '../ports/log.ts';

/**
 * Opens each set of services once per process, on first use, and closes all in reverse order (CONTRACTS SJ-15). An
 * `open` that fails closes what the same set had opened before it, and is tried again at the next use.
 */
export class ServicePool {
  readonly #log: Log;
  readonly #sets = new Map<ServiceSet, Promise<Readonly<Record<string, unknown>>>>();
  readonly #opened = new Map<ServiceSet, Readonly<Record<string, unknown>>>();
  readonly #closers: Closer[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** The services where they are open already, without a promise. */
  opened(set: ServiceSet): Readonly<Record<string, unknown>> | undefined {
    return this.#opened.get(set);
  }

  open(set: ServiceSet): Promise<Readonly<Record<string, unknown>>> {
    let opening = this.#sets.get(set);
    if (!opening) {
      opening = this.#openSet(set);
      this.#sets.set(set, opening);
      // Before whoever waits for it goes on: who asks later must not overtake them.
      opening.then(
        (services) => this.#opened.set(set, services),
        () => this.#sets.delete(set),
      );
    }
    return opening;
  }

  /** Every one is closed, whatever the others do; a failing `close` is logged. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#sets.values());
    this.#sets.clear();
    this.#opened.clear();
    await this.#closeAll(this.#closers.splice(0));
  }

  async #openSet(set: ServiceSet): Promise<Readonly<Record<string, unknown>>> {
    const services: Record<string, unknown> = {};
    const opened: Closer[] = [];
    for (const [name, definition] of Object.entries(set.definitions)) {
      try {
        const value = await definition.open();
        services[name] = value;
        if (definition.close) opened.push({ name, close: () => definition.close?.(value) });
      } catch (cause) {
        await this.#closeAll(opened);
        const { message } = readFailure(cause).failure;
        throw new Error(`the service ${name} could not be opened: ${message}`, { cause });
      }
    }
    this.#closers.push(...opened);
    return services;
  }

  async #closeAll(opened: readonly Closer[]): Promise<void> {
    for (const { name, close } of opened.toReversed()) {
      try {
        await close();
      } catch (error) {
        this.#log.error(`the service ${name} could not be closed`, { error: readFailure(error).failure.message });
      }
    }
  }
}

interface Closer {
  readonly name: string;
  readonly close: () => unknown;
}

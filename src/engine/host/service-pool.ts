import { readFailure } from '../../job/failure.ts';
import type { ServiceSet } from '../../job/services.ts';
import type { Log } from '../../ports/log.ts';
import { systemClock, type Clock } from '../../std/clock.ts';
import { formatDuration } from '../../std/duration.ts';
import { inTime } from '../../std/in-time.ts';

/**
 * Opens each set of services once per process, on first use, and closes all in reverse order (contract SJ-15). An
 * `open` that fails closes what the same set had opened before it, and is tried again at the next use.
 */
export class ServicePool {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #sets = new Map<ServiceSet, OpenSet>();
  readonly #opened = new Map<ServiceSet, Readonly<Record<string, unknown>>>();
  readonly #closers: Closer[] = [];

  constructor(log: Log, clock: Clock = systemClock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** The services where they are open already, without a promise. */
  opened(set: ServiceSet): Readonly<Record<string, unknown>> | undefined {
    return this.#opened.get(set);
  }

  open(set: ServiceSet): Promise<Readonly<Record<string, unknown>>> {
    const before = this.#sets.get(set);
    if (before) return before.services;
    const opening: Opening = { at: '', closers: [], isLate: false };
    const services = this.#openSet(set, opening);
    this.#sets.set(set, { opening, services });
    // Before whoever waits for it goes on: who asks later must not overtake them.
    services.then(
      (opened) => {
        this.#opened.set(set, opened);
        this.#closers.push(...opening.closers);
      },
      () => this.#sets.delete(set),
    );
    return services;
  }

  /**
   * Closes every service, whatever the others do; a `close` that fails is logged. A service that does not open or close
   * within ten seconds is named in the log and left alone: what stops after it, such as the store, must get its turn.
   */
  async close(): Promise<void> {
    await Promise.all([...this.#sets.values()].map((set) => this.#settled(set)));
    this.#sets.clear();
    this.#opened.clear();
    await this.#closeAll(this.#closers.splice(0));
  }

  async #settled({ opening, services }: OpenSet): Promise<void> {
    if (await this.#inTime(services.catch(() => undefined))) return;
    opening.isLate = true;
    this.#log.error(`the service ${opening.at} did not open within ${patience} and is waited for no longer`);
    await this.#closeAll(opening.closers.splice(0));
  }

  async #openSet(set: ServiceSet, opening: Opening): Promise<Readonly<Record<string, unknown>>> {
    const services: Record<string, unknown> = {};
    for (const [name, definition] of Object.entries(set.definitions)) {
      opening.at = name;
      try {
        const value = await definition.open();
        services[name] = value;
        if (definition.close) opening.closers.push({ name, close: () => definition.close?.(value) });
        if (opening.isLate) throw new Error('nobody waits for it any more');
      } catch (cause) {
        await this.#closeAll(opening.closers.splice(0));
        const { message } = readFailure(cause).failure;
        throw new Error(`the service ${name} could not be opened: ${message}`, { cause });
      }
    }
    return services;
  }

  async #closeAll(opened: readonly Closer[]): Promise<void> {
    for (const { name, close } of opened.toReversed()) {
      try {
        if (await this.#inTime((async () => close())())) continue;
        this.#log.error(`the service ${name} did not close within ${patience} and is left as it is`);
      } catch (error) {
        this.#log.error(`the service ${name} could not be closed`, { error: readFailure(error).failure.message });
      }
    }
  }

  #inTime(work: Promise<unknown>): Promise<boolean> {
    return inTime(work, patienceMs, this.#clock);
  }
}

const patienceMs = 10_000;
const patience = formatDuration(patienceMs);

interface OpenSet {
  readonly opening: Opening;
  readonly services: Promise<Readonly<Record<string, unknown>>>;
}

interface Opening {
  /** The service that is being opened. */
  at: string;
  /** Of those that are open. */
  readonly closers: Closer[];
  /** The process has stopped without waiting for it: a service that opens after that is closed at once. */
  isLate: boolean;
}

interface Closer {
  readonly name: string;
  readonly close: () => unknown;
}

import { createDeferred, type Deferred } from '../../std/deferred.ts';
import type { Semaphore } from '../../std/semaphore.ts';
import type { Slot } from '../host/host.ts';

/** Whether the heartbeats of a worker reach the store. */
export class Reach {
  #lost: Deferred<void> | undefined;

  get isThere(): boolean {
    return this.#lost === undefined;
  }

  set(there: boolean): void {
    if (there) {
      this.#lost?.resolve();
      this.#lost = undefined;
    } else {
      this.#lost ??= createDeferred<void>();
    }
  }

  regained(): Promise<void> {
    return this.#lost?.promise ?? Promise.resolve();
  }
}

/** The slot of one attempt; its methods may be called again and again. */
export class WorkerSlot implements Slot {
  readonly #slots: Semaphore;
  readonly #reach: Reach;
  readonly #onFree: () => void;
  #release: (() => void) | undefined;
  #ended = false;

  /** `onFree` is called whenever the attempt gives its slot up. */
  constructor(slots: Semaphore, reach: Reach, onFree: () => void) {
    this.#slots = slots;
    this.#reach = reach;
    this.#onFree = onFree;
  }

  get isReachable(): boolean {
    return this.#reach.isThere;
  }

  mayStart(): Promise<void> {
    return this.#reach.regained();
  }

  /** Whether it has a slot now. */
  tryTake(): boolean {
    this.#release ??= this.#slots.tryAcquire();
    return this.#release !== undefined;
  }

  /** Not to be called again before it has resolved. Never resolves after `end`. */
  async take(): Promise<void> {
    if (!this.tryTake()) this.#release = await this.#slots.acquire();
    if (!this.#ended) return;
    this.release(); // the attempt was left behind while it waited for a slot
    return new Promise(() => undefined);
  }

  release(): void {
    if (!this.#release) return;
    this.#release();
    this.#release = undefined;
    this.#onFree();
  }

  /** The attempt is over: the slot goes back, now or when it comes. */
  end(): void {
    this.#ended = true;
    this.release();
  }
}

import { createDeferred, type Deferred } from '../std/deferred.ts';
import type { Semaphore } from '../std/semaphore.ts';
import type { Slot } from './host.ts';

/** Whether the beats of a worker reach the store. */
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
  #release: (() => void) | undefined;

  constructor(slots: Semaphore, reach: Reach) {
    this.#slots = slots;
    this.#reach = reach;
  }

  get isReachable(): boolean {
    return this.#reach.isThere;
  }

  mayStart(): Promise<void> {
    return this.#reach.regained();
  }

  async take(): Promise<void> {
    this.#release ??= this.#slots.tryAcquire() ?? (await this.#slots.acquire());
  }

  release(): void {
    this.#release?.();
    this.#release = undefined;
  }
}

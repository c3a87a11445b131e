/** Lets `size` holders in at a time; those who wait are let in first come, first served. */
export class Semaphore {
  #size: number;
  #held = 0;
  readonly #waiters = new Set<() => void>();

  /** `size` is a whole number from 0 on, or Infinity; RangeError otherwise. */
  constructor(size: number) {
    this.#size = checkedSize(size);
  }

  /** Resolves with the function that gives the place back (calling it again does nothing). Rejects with `signal.reason`. */
  acquire(signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const release = this.tryAcquire();
    if (release !== undefined) return Promise.resolve(release);
    return new Promise((resolve, reject) => {
      const admit = () => {
        signal?.removeEventListener('abort', leave);
        resolve(this.#take());
      };
      const leave = () => {
        this.#waiters.delete(admit);
        reject(signal?.reason as Error);
      };
      this.#waiters.add(admit);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** The release function, or undefined when every place is taken. */
  tryAcquire(): (() => void) | undefined {
    return this.free > 0 ? this.#take() : undefined;
  }

  /** Places that can be had at once. */
  get free(): number {
    return Math.max(0, this.#size - this.#held);
  }

  get size(): number {
    return this.#size;
  }

  /** Larger: those who wait are let in. Smaller: who is inside stays, nobody enters until enough have left. */
  set size(size: number) {
    this.#size = checkedSize(size);
    this.#admit();
  }

  #take(): () => void {
    this.#held += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#held -= 1;
      this.#admit();
    };
  }

  /** Takes the place for each waiter here and now, so that no `tryAcquire` slips in before the waiter's code runs. */
  #admit(): void {
    for (const admit of this.#waiters) {
      if (this.free === 0) return;
      this.#waiters.delete(admit);
      admit();
    }
  }
}

function checkedSize(size: number): number {
  if (size >= 0 && (Number.isInteger(size) || size === Infinity)) return size;
  throw new RangeError(`the size of a semaphore is a whole number from 0 on, or Infinity, not ${size}`);
}

import { createDeferred, type Deferred } from './deferred.ts';

/** Counts what is under way, without a promise for each of it: only who waits for the end of all gets one. */
export class Tally {
  #count = 0;
  #none: Deferred<void> | undefined;

  get count(): number {
    return this.#count;
  }

  /** One more is under way, until `end`. */
  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#none?.resolve();
    this.#none = undefined;
  }

  /** Resolves when nothing is under way. */
  none(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    this.#none ??= createDeferred<void>();
    return this.#none.promise;
  }
}

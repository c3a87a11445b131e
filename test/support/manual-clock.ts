import type { Clock, Timer } from '../../src/std/clock.ts';

interface Pending {
  readonly at: number;
  readonly fn: () => void;
}

/** A clock that stands until a test moves it. `now` and `monotonic` move together unless `jump` parts them. */
export class ManualClock implements Clock {
  #monotonic = 0;
  #epoch: number;
  readonly #pending = new Set<Pending>();

  constructor(now = Date.UTC(2026, 0, 2)) {
    this.#epoch = now;
  }

  now(): number {
    return this.#epoch + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const timer = this.setTimer(ms, resolve);
      signal?.addEventListener('abort', () => {
        timer.cancel();
        reject(signal.reason as Error);
      });
    });
  }

  setTimer(ms: number, fn: () => void): Timer {
    if (Number.isNaN(ms)) throw new RangeError('a delay in milliseconds is a number, not NaN');
    const pending: Pending = { at: this.#monotonic + Math.max(0, ms), fn };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Moves on by `ms`; what becomes due is called in order. */
  advance(ms: number): void {
    const until = this.#monotonic + ms;
    for (let next = this.#nextUntil(until); next !== undefined; next = this.#nextUntil(until)) {
      this.#monotonic = Math.max(this.#monotonic, next.at);
      this.#pending.delete(next);
      next.fn();
    }
    this.#monotonic = until;
  }

  /** The wall clock is set by somebody; nothing becomes due by it. */
  jump(ms: number): void {
    this.#epoch += ms;
  }

  #nextUntil(until: number): Pending | undefined {
    const due = [...this.#pending].filter(({ at }) => at <= until);
    return due.reduce<Pending | undefined>((first, one) => (first && first.at <= one.at ? first : one), undefined);
  }
}

import type { Clock, Timer } from '../std/clock.ts';

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  readonly #timers = new Set<PendingTimer>();
  #monotonic = 0;
  #epoch: number;
  #made = 0;

  /** Begins at `start` (ms since the epoch, or a Date), by default 2026-01-01T00:00:00Z. */
  constructor(start: number | Date = Date.UTC(2026, 0, 1)) {
    this.#epoch = Number(start);
  }

  now(): number {
    return this.#epoch + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  setTimer(ms: number, fire: () => void): Timer {
    if (Number.isNaN(ms)) throw new RangeError('a delay in milliseconds is a number, not NaN');
    const timer = { at: this.#monotonic + Math.max(0, ms), order: this.#made++, fire };
    if (ms !== Infinity) this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer), unref: () => undefined };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const abort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      const timer = this.setTimer(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Moves time on; timers fire in order, each at its own instant. */
  advance(ms: number): void {
    const until = this.#monotonic + ms;
    for (let next = this.#earliest(); next && next.at <= until; next = this.#earliest()) {
      this.#timers.delete(next);
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.fire();
    }
    this.#monotonic = until;
  }

  /** Somebody sets the wall clock; nothing becomes due by it. */
  jump(ms: number): void {
    this.#epoch += ms;
  }

  /** Milliseconds until the next timer fires; null when there is none. */
  get nextTimerInMs(): number | null {
    const next = this.#earliest();
    return next === undefined ? null : Math.max(0, next.at - this.#monotonic);
  }

  /** When the next timer fires, in ms since the epoch; null when there is none. */
  get nextTimerAt(): number | null {
    const { nextTimerInMs } = this;
    return nextTimerInMs === null ? null : this.now() + nextTimerInMs;
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  #earliest(): PendingTimer | undefined {
    let first: PendingTimer | undefined;
    for (const one of this.#timers) {
      if (!first || one.at < first.at || (one.at === first.at && one.order < first.order)) first = one;
    }
    return first;
  }
}

interface PendingTimer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock for `testJob`, or for the code of a test. */
export function createFakeClock(start?: number | Date): FakeClock {
  return new FakeClock(start);
}

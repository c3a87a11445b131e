import type { Clock, Timer } from '../../src/std/clock.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** The clock of one worker: it goes at a speed of its own, and its wall clock is off by `skewMs`. It stands until it is moved. */
export class SimClock implements Clock {
  readonly speed: number;
  readonly #zeroMs: number;
  #monotonic = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor({ startMs, skewMs, speed }: { startMs: number; skewMs: number; speed: number }) {
    this.speed = speed;
    this.#zeroMs = startMs + skewMs;
  }

  now(): number {
    return Math.floor(this.#zeroMs + this.#monotonic);
  }

  monotonic(): number {
    return this.#monotonic;
  }

  setTimer(ms: number, fire: () => void): Timer {
    const timer = { at: this.#monotonic + Math.max(0, ms), order: this.#order++, fire };
    if (ms !== Infinity) this.#pending.add(timer);
    return { cancel: () => void this.#pending.delete(timer), unref: () => undefined };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      const timer = this.setTimer(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
    });
  }

  /** In milliseconds of true time; Infinity where there is no timer. */
  get nextTimerInMs(): number {
    const next = this.#earliest();
    return next === undefined ? Infinity : Math.max(0, Math.ceil((next.at - this.#monotonic) / this.speed));
  }

  /** True time passes. Timers fire in order, each at its own instant. */
  pass(ms: number): void {
    const until = this.#monotonic + ms * this.speed;
    for (let next = this.#earliest(); next && next.at <= until; next = this.#earliest()) {
      this.#pending.delete(next);
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.fire();
    }
    this.#monotonic = until;
  }

  #earliest(): Pending | undefined {
    let first: Pending | undefined;
    for (const one of this.#pending) {
      if (!first || one.at < first.at || (one.at === first.at && one.order < first.order)) first = one;
    }
    return first;
  }
}

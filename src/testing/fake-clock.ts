import type { Clock, Timer } from '../std/clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time on; timers fire in order, each at its own instant. */
  advance(ms: number): void;
  /** When the next timer fires, in ms since the epoch; null when there is none. */
  readonly nextTimerAt: number | null;
}

/** Begins at `start` (ms since the epoch, or a Date), by default 2026-01-01T00:00:00Z. */
export function createFakeClock(start: number | Date = Date.UTC(2026, 0, 1)): FakeClock {
  const startMs = Number(start);
  const timers = new Set<{ readonly at: number; readonly order: number; readonly fire: () => void }>();
  let now = startMs;
  let made = 0;

  const earliest = () => [...timers].toSorted((a, b) => a.at - b.at || a.order - b.order)[0];

  const setTimer = (ms: number, fire: () => void): Timer => {
    const timer = { at: now + Math.max(0, ms), order: made++, fire };
    timers.add(timer);
    return { cancel: () => void timers.delete(timer), unref: () => undefined };
  };

  return {
    now: () => now,
    monotonic: () => now - startMs,
    setTimer,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void => {
          timer.cancel();
          reject(signal?.reason as Error);
        };
        const timer = setTimer(ms, () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        });
        signal?.addEventListener('abort', abort, { once: true });
        if (signal?.aborted) abort();
      }),
    advance(ms) {
      const until = now + ms;
      for (let next = earliest(); next && next.at <= until; next = earliest()) {
        timers.delete(next);
        now = Math.max(now, next.at);
        next.fire();
      }
      now = until;
    },
    get nextTimerAt() {
      return earliest()?.at ?? null;
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';

/** How long a measurement may take that somebody asks for over HTTP. */
const longestSeconds = 300;

/** Seconds as they are asked for; null: they are not a number from 0.001 to 300. */
export function readSeconds(text: string | undefined, otherwise: number): number | null {
  const seconds = text === undefined || text === '' ? otherwise : Number(text);
  return seconds >= 0.001 && seconds <= longestSeconds ? seconds : null;
}

/**
 * One measurement at a time: two would measure each other, and V8 has one profiler. A measurement ends early when one
 * of the signals says so.
 */
class MeasuringWindow {
  #until = 0;

  /** Milliseconds until the measurement that is going on ends; 0: there is none. */
  get busyMs(): number {
    return this.#until === 0 ? 0 : Math.max(1, this.#until - performance.now());
  }

  async open<T>(
    seconds: number,
    signals: readonly AbortSignal[],
    measure: (until: Promise<unknown>) => Promise<T>,
  ): Promise<T> {
    this.#until = performance.now() + seconds * 1_000;
    try {
      const signal = AbortSignal.any([...signals]);
      return await measure(sleep(seconds * 1_000, undefined, { signal, ref: false }).catch(() => undefined));
    } finally {
      this.#until = 0;
    }
  }
}

/** Of this process, whatever handlers and apps it has. */
export const measuringWindow = new MeasuringWindow();

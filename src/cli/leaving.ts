import type { App } from '../app/app.ts';
import { OnejobError } from '../job/errors.ts';
import { unlessAborted } from '../std/abort.ts';
import type { Interruption } from './interruption.ts';

/**
 * Ends the waiting of a command that was told to end, where what it waits for may never come: standard input, a job file,
 * a store. What executes has the grace of its job; past that, and once nothing executes any more, only the store is left.
 */
export class Leaving {
  readonly #app: App;
  readonly #interruption: Interruption;

  constructor(app: App, interruption: Interruption) {
    this.#app = app;
    this.#interruption = interruption;
  }

  /** Nothing executes yet, so a signal ends it at once. @throws RUN_INTERRUPTED */
  async atOnce<T>(work: Promise<T>): Promise<T> {
    const controller = new AbortController();
    const leave = () => controller.abort(this.#reason());
    return this.#until(work, controller, leave);
  }

  /** Runs may execute, and are told by the app. @throws RUN_INTERRUPTED when the store does not answer */
  async onceIdle<T>(work: Promise<T>): Promise<T> {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const leave = () => {
      const since = performance.now();
      let executedAt = since;
      timer = setInterval(() => {
        const now = performance.now();
        const isAway = this.#app.insight.health?.storeAwayMs ?? null;
        if (this.#app.running.load > 0) executedAt = now;
        if (now - executedAt >= idleMs || (isAway !== null && now - since >= awayMs)) controller.abort(this.#reason());
      }, lookEveryMs);
    };
    try {
      return await this.#until(work, controller, leave);
    } finally {
      clearInterval(timer);
    }
  }

  async #until<T>(work: Promise<T>, controller: AbortController, leave: () => void): Promise<T> {
    const { signal } = this.#interruption;
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    try {
      return await unlessAborted(work, controller.signal);
    } catch (error) {
      if (controller.signal.aborted) await this.#app.stop(0);
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #reason(): OnejobError {
    return new OnejobError('RUN_INTERRUPTED', `interrupted by ${this.#interruption.by ?? 'a signal'}`);
  }
}

const lookEveryMs = 200;
/** How long the store may take for the last calls, when nothing executes any more. */
const idleMs = 5_000;
/** So long is the grace of `onejob start`, too. */
const awayMs = 25_000;

import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { type Backoff, backoffDelay } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Service } from './service.ts';

export interface LoopOptions {
  name: string;
  /** One turn. Resolves with the milliseconds to the next one: nothing or 0 = at once, Infinity = when nudged. */
  body(signal: AbortSignal): Promise<number | void>;
  /** Told of each turn that failed. The loop goes on after the pause of `backoff`, which a nudge does not shorten. */
  onError(error: unknown): void;
  backoff?: Backoff;
  clock?: Clock;
  random?: () => number;
}

/** Runs its body turn after turn, never two at once, until stopped. */
export class Loop implements Service {
  readonly name: string;
  readonly #body: LoopOptions['body'];
  readonly #onError: LoopOptions['onError'];
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  #nudged = false;
  #wake: (() => void) | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #turns: Promise<void> = Promise.resolve();

  constructor({ name, body, onError, backoff, clock, random }: LoopOptions) {
    this.name = name;
    this.#body = body;
    this.#onError = onError;
    this.#backoff = backoff ?? DEFAULT_BACKOFF;
    this.#clock = clock ?? systemClock;
    this.#random = random ?? Math.random;
  }

  /** Begins the first turn; does not wait for it. */
  start(): Promise<void> {
    if (this.#started === undefined) {
      this.#started = Promise.resolve();
      this.#turns = this.#runTurns();
    }
    return this.#started;
  }

  /** Aborts the signal of the turn in progress and waits for that turn. A body must not await the stop of its own loop. */
  stop(): Promise<void> {
    if (this.#stopped === undefined) {
      this.#stopping.abort();
      this.#wake?.();
      this.#stopped = this.#turns;
    }
    return this.#stopped;
  }

  /** Starts the next turn at once. During a turn it is remembered: one more turn follows, however often it was called. */
  nudge(): void {
    this.#nudged = true;
    this.#wake?.();
  }

  async #runTurns(): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      this.#nudged = false;
      try {
        const delayMs = (await this.#body(signal)) ?? 0;
        failures = 0;
        await this.#rest(delayMs);
      } catch (error) {
        failures += 1;
        this.#report(error);
        await this.#waitOut(backoffDelay(this.#backoff, failures, this.#random));
      }
    }
  }

  /** The pause between two turns, ended by a nudge. */
  async #rest(ms: number): Promise<void> {
    // A turn of the event loop passes in any case: a body that never really waits must not starve timers and sockets.
    if (ms <= 0 || this.#nudged) await nextMacrotask();
    else await this.#wait(ms, () => this.#nudged);
  }

  /** The pause after a failure, ended only by the stop: hints keep coming while a store is away, and would make us hammer it. */
  async #waitOut(ms: number): Promise<void> {
    await this.#wait(ms, () => false);
  }

  #wait(ms: number, mayEnd: () => boolean): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        this.#wake = undefined;
        timer.cancel();
        resolve();
      };
      const timer = this.#clock.setTimer(ms, end);
      this.#wake = () => {
        if (this.#stopping.signal.aborted || mayEnd()) end();
      };
    });
  }

  #report(error: unknown): void {
    if (this.#stopping.signal.aborted && isAbort(error, this.#stopping.signal)) return;
    try {
      this.#onError(error);
    } catch (failure) {
      // Whoever listens to errors must not be able to end the loop.
      process.emitWarning(failure instanceof Error ? failure : String(failure));
    }
  }
}

const DEFAULT_BACKOFF: Backoff = { delayMs: 100, factor: 2, maxDelayMs: 5_000, jitter: 0.5 };

/** True for the body's way of saying that it gave up because it was told to. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}

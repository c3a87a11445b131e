import { OnejobError } from '../../job/errors.ts';
import type { Run, RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { Store } from '../../ports/store.ts';
import { abortable } from '../../std/abortable.ts';
import type { Clock, Timer } from '../../std/clock.ts';
import { createDeferred, type Deferred } from '../../std/deferred.ts';
import type { EndNotices } from './end-notices.ts';

export interface RunEndsOptions {
  readonly backend: () => Promise<{ readonly store: Store; readonly endNotices: EndNotices }>;
  readonly clock: Clock;
}

/**
 * The one place where a process waits for the ends of runs, whoever executes them: it is told of those that this process
 * ends (`telling-store.ts`) and by notice of those that others end (`end-notices.ts`), and reads a run when it is. For
 * what no notice comes of it looks by itself, all runs at once, first after 20 ms and at last twice a second.
 */
export class RunEnds {
  readonly #options: RunEndsOptions;
  readonly #waits = new Map<RunId, Wait>();
  /** Runs that may have ended. They are read together in this turn of the event loop. */
  #changeHub = new Set<RunId>();
  #isReadSoon = false;
  #timer: { readonly at: number; readonly timer: Timer } | undefined;
  #isClosed = false;

  constructor(options: RunEndsOptions) {
    this.#options = options;
  }

  /**
   * Resolves with the run when it has ended, with null when there is none.
   * @throws STORE_UNAVAILABLE, APP_STOPPING; or the signal's reason
   */
  async of(run: RunId, signal?: AbortSignal): Promise<Run | null> {
    if (this.#isClosed) throw stopping();
    const wait = this.#waits.get(run) ?? this.#begin(run);
    wait.waiters++;
    try {
      return await abortable(wait.end.promise, signal);
    } finally {
      wait.waiters--;
      if (wait.waiters === 0) this.#forget(run, wait);
    }
  }

  /** They have ended, or may have, and the store has it; null: any may have. */
  ended(runs: readonly RunId[] | null): void {
    if (this.#waits.size === 0) return;
    for (const run of runs ?? this.#waits.keys()) if (this.#waits.has(run)) this.#readSoon(run);
  }

  /** Tells all who wait that there will be nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#disarm();
    for (const [run, wait] of this.#waits) this.#settle(run, wait, () => wait.end.reject(stopping()));
  }

  #begin(run: RunId): Wait {
    const now = this.#options.clock.monotonic();
    const end = createDeferred<Run | null>();
    end.promise.catch(() => undefined); // the last waiter may have gone
    const wait: Wait = { end, waiters: 0, pauseMs: firstPauseMs, lookAt: now + firstPauseMs, askedAt: -Infinity };
    this.#waits.set(run, wait);
    this.#readSoon(run); // it may have ended before
    this.#arm(wait.lookAt);
    return wait;
  }

  #readSoon(run: RunId): void {
    this.#changeHub.add(run);
    if (this.#isReadSoon) return;
    this.#isReadSoon = true;
    setImmediate(() => {
      this.#isReadSoon = false;
      const runs = [...this.#changeHub].filter((each) => this.#waits.has(each));
      this.#changeHub = new Set();
      void this.#read(runs);
    });
  }

  async #read(runs: readonly RunId[]): Promise<void> {
    for (let from = 0; from < runs.length; from += batchSize) await this.#readBatch(runs.slice(from, from + batchSize));
  }

  /** Others are asked to tell before it is read: what ends in between is told. */
  async #readBatch(runs: readonly RunId[]): Promise<void> {
    try {
      const { store, endNotices } = await this.#options.backend();
      const now = this.#options.clock.monotonic();
      const unasked = runs.filter((run) => now - (this.#waits.get(run)?.askedAt ?? now) >= tellAgainMs);
      for (const run of unasked) (this.#waits.get(run) as Wait).askedAt = now;
      if (unasked.length > 0) endNotices.await(unasked);
      const found = await store.get(runs);
      runs.forEach((run, i) => {
        const wait = this.#waits.get(run);
        const read = found[i] ?? null;
        if (wait && (read === null || isFinal(read.state))) this.#settle(run, wait, () => wait.end.resolve(read));
      });
    } catch (error) {
      for (const run of runs) {
        const wait = this.#waits.get(run);
        if (wait) this.#settle(run, wait, () => wait.end.reject(error));
      }
    }
  }

  /** One timer for all. It keeps the process alive, because somebody waits. */
  #arm(at: number): void {
    if (this.#timer && this.#timer.at <= at) return;
    this.#disarm();
    const { clock } = this.#options;
    this.#timer = { at, timer: clock.setTimer(at - clock.monotonic(), () => void this.#look()) };
  }

  #disarm(): void {
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const { clock } = this.#options;
    this.#timer = undefined;
    const begunAt = clock.monotonic();
    const due: RunId[] = [];
    for (const [run, wait] of this.#waits) {
      if (wait.lookAt > begunAt) continue;
      due.push(run);
      wait.pauseMs = Math.min(lastPauseMs, wait.pauseMs * 1.5);
      wait.lookAt = begunAt + wait.pauseMs;
    }
    await this.#read(due);
    if (this.#waits.size === 0) return;
    const now = clock.monotonic();
    let next = Infinity;
    for (const { lookAt } of this.#waits.values()) next = Math.min(next, lookAt);
    this.#arm(Math.max(next, now + (now - begunAt) * 4)); // many who wait must not take the store from those who work
  }

  #settle(run: RunId, wait: Wait, settle: () => void): void {
    this.#forget(run, wait);
    settle();
  }

  #forget(run: RunId, wait: Wait): void {
    if (this.#waits.get(run) !== wait) return;
    this.#waits.delete(run);
    if (this.#waits.size === 0) this.#disarm();
  }
}

interface Wait {
  readonly end: Deferred<Run | null>;
  waiters: number;
  pauseMs: number;
  lookAt: number;
  /** When the other processes were last asked to tell of its end. */
  askedAt: number;
}

function stopping(): OnejobError {
  return new OnejobError('APP_STOPPING', 'the app is stopping: the run goes on without this process');
}

const firstPauseMs = 20;
const lastPauseMs = 500;
const tellAgainMs = 10_000;
const batchSize = 100;

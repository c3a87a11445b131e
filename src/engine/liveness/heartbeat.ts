import { hasCode } from '../../job/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import type { Clock } from '../../std/clock.ts';
import { Loop } from '../../std/loop.ts';
import type { Service } from '../../std/service.ts';
import { openThread, type Thread } from '../../std/thread.ts';

export interface HeartbeatOptions {
  readonly store: Store;
  readonly worker: WorkerId;
  /** Runs in execution, for others to see. */
  readonly load: () => number;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  /** End the process when its main loop has stood still for 5 minutes. */
  readonly exitOnStall: boolean;
  /** Whether a heartbeat of the main loop has reached the store. */
  readonly onTry: (reached: boolean) => void;
  /** The store has answered that the worker was evicted. It makes no further heartbeat. */
  readonly onEvicted: () => void;
}

/** What the heartbeat thread is opened with. */
export interface HeartbeatOrders {
  /** Null: the store has a thread for heartbeats, and this one only looks for a stall. */
  readonly module: string | null;
  readonly options: unknown;
  readonly exitOnStall: boolean;
  readonly worker: WorkerId;
  readonly everyMs: number;
}

/**
 * Raises the worker's counter. Two do, each at its own fixed pace, and neither knows of the other:
 *
 * - The main loop, in every store. Its heartbeat tells the load, and is how the worker learns that it was evicted and whether
 *   the store takes what it writes. Where there is no thread, the worker lives by it alone.
 * - A thread, so that a main loop in deep computation is not taken for dead: the store's own, or the one opened here.
 *
 * Nothing else makes a heartbeat, whatever happens to runs: so its cost does not grow with what others do, and a heartbeat
 * carries nothing that could make it late.
 */
export class Heartbeat implements Service {
  readonly name = 'heartbeat';
  readonly #options: HeartbeatOptions;
  readonly #loop: Loop;
  #thread: Thread<'stop' | 'alive', { readonly failed: string }> | undefined;
  #turning: NodeJS.Timeout | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    const { log, clock, onTry } = options;
    this.#loop = new Loop({
      name: this.name,
      clock,
      body: () => this.#heartbeat(),
      onError: (error) => {
        onTry(false);
        if (!hasCode(error, 'STORE_UNAVAILABLE')) log.warn('the heartbeat failed', { error: String(error) });
      },
    });
  }

  start(): Promise<void> {
    this.#openThread();
    return this.#loop.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.#turning);
    await this.#loop.stop();
    const thread = this.#thread;
    if (!thread) return;
    thread.ref();
    thread.post('stop');
    await thread.exited;
  }

  async #heartbeat(): Promise<number> {
    const { store, worker, load, everyMs, onTry, onEvicted } = this.#options;
    const { evicted } = await store.heartbeat({ worker, load: load(), stalled: false });
    onTry(true);
    if (evicted) onEvicted();
    return evicted ? Infinity : everyMs;
  }

  #openThread(): void {
    const { store, worker, everyMs, exitOnStall, log } = this.#options;
    const { heartbeat } = store.facts;
    const own = typeof heartbeat === 'string' ? null : heartbeat;
    if (this.#thread || (own === null && !exitOnStall)) return;
    const orders: HeartbeatOrders = {
      module: own?.module ?? null,
      options: own?.options,
      exitOnStall,
      worker,
      everyMs,
    };
    const thread = openThread<'stop' | 'alive', { readonly failed: string }>({
      entry: new URL('./heartbeat-thread.js', import.meta.url),
      name: 'onejob heartbeat',
      data: orders,
      unref: true,
    });
    thread.onMessage(({ failed }) => log.warn('a heartbeat did not reach the store', { error: failed }));
    thread.onExit((code, error) => {
      if (code !== 0)
        log.error('the heartbeat thread ended; other workers may take this one for dead', { error: String(error) });
    });
    this.#thread = thread;
    // Whether the loop turns, not whether its heartbeats arrive: a store that is away is no stall.
    this.#turning = setInterval(() => thread.post('alive'), aliveEveryMs).unref();
  }
}

const aliveEveryMs = 1_000;

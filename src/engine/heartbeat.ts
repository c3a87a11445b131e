import type { Log } from '../ports/log.ts';
import type { StoreFacts } from '../ports/store.ts';
import type { WorkerId } from '../ports/store-worker.ts';
import type { Service } from '../std/service.ts';
import { openThread, type Thread } from '../std/thread.ts';

export interface HeartbeatOptions {
  readonly beat: StoreFacts['beat'];
  /** End the process when its main loop has stood still for 5 minutes. */
  readonly exitOnStall: boolean;
  readonly worker: WorkerId;
  readonly everyMs: number;
  readonly log: Log;
}

/** What the beat thread is opened with. */
export interface BeatOrders {
  /** Null: the store beats by itself, and this thread only guards against a stall. */
  readonly module: string | null;
  readonly options: unknown;
  readonly exitOnStall: boolean;
  readonly worker: WorkerId;
  readonly everyMs: number;
}

/**
 * Raises the worker's counter from a thread of its own, so that a main loop in deep computation is not taken for dead
 * (STORE §3.1). A store whose own thread beats needs none.
 */
export class Heartbeat implements Service {
  readonly name = 'heartbeat';
  readonly #options: HeartbeatOptions;
  #thread: Thread<'stop' | 'alive', { readonly failed: string }> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    const { beat, worker, everyMs, exitOnStall, log } = this.#options;
    const own = typeof beat === 'string' ? null : beat;
    if (this.#thread || (own === null && !exitOnStall)) return Promise.resolve();
    const orders: BeatOrders = { module: own?.module ?? null, options: own?.options, exitOnStall, worker, everyMs };
    const thread = openThread<'stop' | 'alive', { readonly failed: string }>({
      entry: new URL('./heartbeat-thread.js', import.meta.url),
      name: 'onejob beat',
      data: orders,
      unref: true,
    });
    thread.onMessage(({ failed }) => log.warn('a beat did not reach the store', { error: failed }));
    thread.onExit((code, error) => {
      if (code !== 0)
        log.error('the beat thread ended; other workers may take this one for dead', { error: String(error) });
    });
    this.#thread = thread;
    return Promise.resolve();
  }

  /** The main loop turns: called about every second. */
  alive(): void {
    this.#thread?.post('alive');
  }

  async stop(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    thread.ref();
    thread.post('stop');
    await thread.exited;
  }
}

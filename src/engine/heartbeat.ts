import type { Log } from '../ports/log.ts';
import type { StoreFacts } from '../ports/store.ts';
import type { WorkerId } from '../ports/store-worker.ts';
import type { Service } from '../std/service.ts';
import { openThread, type Thread } from '../std/thread.ts';

export interface HeartbeatOptions {
  readonly beat: StoreFacts['beat'];
  readonly worker: WorkerId;
  readonly everyMs: number;
  readonly log: Log;
}

/** What the beat thread is opened with. */
export interface BeatOrders {
  readonly module: string;
  readonly options: unknown;
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
  #thread: Thread<'stop', { readonly failed: string }> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    const { beat, worker, everyMs, log } = this.#options;
    if (this.#thread || beat === null || beat === 'store') return Promise.resolve();
    const orders: BeatOrders = { ...beat, worker, everyMs };
    const thread = openThread<'stop', { readonly failed: string }>({
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

  async stop(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    thread.ref();
    thread.post('stop');
    await thread.exited;
  }
}

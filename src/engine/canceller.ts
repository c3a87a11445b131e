import { hasCode } from '../job/errors.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { WorkerId } from '../ports/store-worker.ts';
import type { Clock } from '../std/clock.ts';
import { Loop } from '../std/loop.ts';
import type { Service } from '../std/service.ts';
import type { Worker } from './worker.ts';

export interface CancellerOptions {
  readonly store: Store;
  readonly id: WorkerId;
  readonly worker: Worker;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  /** Told when the beats stop and start to reach the store. */
  readonly onBeat: (reached: boolean) => void;
}

/**
 * Fetches words from outside for the runs that this worker holds: cancels, events, ends of children. Each look is also
 * a beat, so a worker whose store has no beat of its own lives by it.
 */
export class Canceller implements Service {
  readonly name = 'canceller';
  readonly #loop: Loop;

  constructor({ store, id, worker, clock, log, everyMs, onBeat }: CancellerOptions) {
    this.#loop = new Loop({
      name: this.name,
      clock,
      body: async () => {
        const pulse = await store.beat({ worker: id, load: worker.load });
        onBeat(true);
        worker.hear(pulse);
        return everyMs;
      },
      onError: (error) => {
        onBeat(false);
        if (!hasCode(error, 'STORE_UNAVAILABLE')) log.warn('the beat failed', { error: String(error) });
      },
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  nudge(): void {
    this.#loop.nudge();
  }
}

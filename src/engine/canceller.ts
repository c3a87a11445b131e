import { hasCode } from '../job/errors.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Pulse, WorkerId } from '../ports/store-worker.ts';
import type { Clock } from '../std/clock.ts';
import { Loop } from '../std/loop.ts';
import type { Service } from '../std/service.ts';
import type { LostClaims } from './lost-claims.ts';
import type { Worker } from './worker.ts';

export interface CancellerOptions {
  readonly store: Store;
  readonly id: WorkerId;
  readonly worker: Worker;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  readonly lostClaims: LostClaims;
  /** Told with each beat that reached the store. */
  readonly onBeat: (pulse: Pulse) => void;
  readonly onBeatFailed: () => void;
}

/**
 * Fetches words from outside for the runs that this worker holds: cancels, events, ends of children. Each look is also
 * a beat, so a worker whose store has no beat of its own lives by it.
 */
export class Canceller implements Service {
  readonly name = 'canceller';
  readonly #loop: Loop;

  constructor({ store, id, worker, clock, log, everyMs, lostClaims, onBeat, onBeatFailed }: CancellerOptions) {
    this.#loop = new Loop({
      name: this.name,
      clock,
      body: async () => {
        const pulse = await store.beat({ worker: id, load: worker.load, stalled: false });
        worker.reachable = true;
        worker.hear(pulse);
        onBeat(pulse);
        if (!pulse.buried) await lostClaims.compare(pulse.holds, () => worker.known);
        return pulse.buried ? Infinity : everyMs;
      },
      onError: (error) => {
        worker.reachable = false;
        onBeatFailed();
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

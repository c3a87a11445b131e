import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import type { Clock } from '../../std/clock.ts';
import { Loop } from '../../std/loop.ts';
import type { Service } from '../../std/service.ts';
import type { Worker } from './worker.ts';

export interface ReclaimerOptions {
  readonly store: Store;
  readonly id: WorkerId;
  readonly worker: Worker;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Gives back runs that a submit created as held by this worker, and whose answer was lost: a living worker would hold
 * them for ever (protocol/claims#lost-claims). It asks until the store answers. A submit that arrives only after that
 * creates its runs as queued.
 */
export class Reclaimer implements Service {
  readonly name = 'reclaimer';
  readonly #options: ReclaimerOptions;
  readonly #loop: Loop;
  readonly #lost = new Set<number>();

  constructor(options: ReclaimerOptions) {
    this.#options = options;
    this.#loop = new Loop({
      name: this.name,
      clock: options.clock,
      body: () => this.#turn(),
      onError: (error) => options.log.debug('lost submits are not known yet', { error: String(error) }),
    });
  }

  /** Works from the first `add` on. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  add(number: number): void {
    this.#lost.add(number);
    void this.#loop.start();
    this.#loop.nudge();
  }

  async #turn(): Promise<number> {
    const { store, id, worker, log } = this.#options;
    for (const number of this.#lost) {
      const { claims } = await store.reclaim({ worker: id, number });
      if (claims.length > 0) log.warn('runs whose submit was not answered are given back', { runs: claims.length });
      await worker.giveBack(claims);
      this.#lost.delete(number);
    }
    return Infinity;
  }
}

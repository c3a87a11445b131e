import type { Log } from '../../ports/log.ts';
import type { PrunePolicy } from '../../ports/store-query.ts';
import type { Store } from '../../ports/store.ts';
import type { Clock } from '../../std/clock.ts';
import { Loop } from '../../std/loop.ts';
import type { Service } from '../../std/service.ts';

export interface PrunerOptions {
  readonly store: Store;
  readonly policy: PrunePolicy;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

/** Deletes finished runs beyond the retention, a bounded number at a time, about once an hour on each node. */
export class Pruner implements Service {
  readonly name = 'pruner';
  readonly #options: PrunerOptions;
  readonly #loop: Loop;
  #first = true;

  constructor(options: PrunerOptions) {
    this.#options = options;
    this.#loop = new Loop({
      name: this.name,
      clock: options.clock,
      body: (signal) => this.#turn(signal),
      onError: (error) => options.log.warn('deleting old runs failed', { error: String(error) }),
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #turn(signal: AbortSignal): Promise<number> {
    const { store, policy, clock, log, random = Math.random } = this.#options;
    if (this.#first) {
      this.#first = false;
      return firstMs * (0.5 + random()); // many nodes that start together do not prune together
    }
    let runs = 0;
    for (let more = true; more && !signal.aborted;) {
      const pruned = await store.prune({ policy, limit: batch });
      runs += pruned.runs;
      more = pruned.more;
      if (more) await clock.sleep(restMs, signal);
    }
    if (runs > 0) log.info('old runs were deleted', { runs });
    return everyMs * (0.75 + random() / 2);
  }
}

const batch = 500;
const restMs = 50;
const firstMs = 60_000;
const everyMs = 3_600_000;

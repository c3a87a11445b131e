import type { Registry } from '../../job/registry.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import type { Clock } from '../../std/clock.ts';
import { Loop } from '../../std/loop.ts';
import type { Service } from '../../std/service.ts';
import type { RunTree } from './run-tree.ts';

export interface ForgetterOptions {
  readonly tree: RunTree;
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes roots out of the tree that ended without this process being told: in another worker, by a cancel, or with an
 * evicted worker. It reads all roots, a few at a time: once a second while it finds one that has ended, then more
 * rarely.
 */
export class Forgetter implements Service {
  readonly name = 'forgetter';
  readonly #options: ForgetterOptions;
  readonly #loop: Loop;
  #round: string[] = [];
  #hasFound = false;
  #pauseMs = firstMs;

  constructor(options: ForgetterOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#loop = new Loop({
      name: this.name,
      clock,
      body: () => this.#turn(),
      onError: (error) => log.debug('runs that are followed could not be looked at', { error: String(error) }),
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #turn(): Promise<number> {
    const { tree, store, registry, clock } = this.#options;
    if (this.#round.length === 0) return this.#begin();
    const begunAt = clock.monotonic();
    const some = this.#round.slice(0, together);
    if ((await tree.forgetEnded(some, store, registry)) > 0) this.#hasFound = true;
    this.#round = this.#round.slice(together);
    return (clock.monotonic() - begunAt) * restsFor; // many that are followed must not take the store from the work
  }

  /** The next round comes later and later where the last one found nothing. */
  #begin(): number {
    this.#pauseMs = this.#hasFound ? firstMs : Math.min(this.#pauseMs * 2, lastMs);
    this.#hasFound = false;
    this.#round = [...this.#options.tree.roots];
    return this.#pauseMs;
  }
}

/** Read with all their values, so few at a time. */
const together = 20;
const restsFor = 9;
const firstMs = 1_000;
const lastMs = 30_000;

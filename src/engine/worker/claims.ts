import type { Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import type { Store } from '../../ports/store.ts';
import type { WorkerId } from '../../ports/store-worker.ts';

/**
 * Makes the claims of one worker, one at a time. When an answer is lost, it asks what the claim took until the store
 * answers (protocol/claims#lost-claims).
 */
export class Claims {
  readonly #store: Store;
  readonly #worker: WorkerId;
  #number = 0;
  #lost: number | null = null;

  constructor(store: Store, worker: WorkerId) {
    this.#store = store;
    this.#worker = worker;
  }

  /** The next `claim` asks what an earlier one took, and takes nothing itself. */
  get isLost(): boolean {
    return this.#lost !== null;
  }

  /** Each claim, and each submit that makes the worker a holder, has its own. */
  nextNumber(): number {
    return ++this.#number;
  }

  async claim(request: Omit<ClaimRequest, 'worker' | 'number'>): Promise<Claimed> {
    const worker = this.#worker;
    const lost = this.#lost;
    const number = lost ?? this.nextNumber();
    this.#lost = number;
    const claimed =
      lost === null
        ? await this.#store.claim({ worker, number, ...request })
        : await this.#store.reclaim({ worker, number });
    this.#lost = null;
    return claimed;
  }
}

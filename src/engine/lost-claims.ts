import type { Journal } from './journal.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { WorkerId } from '../ports/store-worker.ts';

/**
 * Finds claims whose answers were lost: runs that the store thinks this worker holds and the worker does not know
 * (STORE §3.4). They would be held for ever by a living worker, so they are given back.
 */
export class LostClaims {
  readonly #store: Store;
  readonly #worker: WorkerId;
  readonly #journal: Journal;
  readonly #log: Log;
  #differed = 0;

  constructor(options: { store: Store; worker: WorkerId; journal: Journal; log: Log }) {
    this.#store = options.store;
    this.#worker = options.worker;
    this.#journal = options.journal;
    this.#log = options.log;
  }

  /**
   * With each beat: how many runs the store counts, and which the worker knows (null: a claim is on its way, so nobody
   * can say). Twice in a row different: look.
   */
  async compare(holds: number, known: () => ReadonlySet<string> | null): Promise<void> {
    const before = known();
    if (before === null || holds === before.size) {
      this.#differed = 0;
      return;
    }
    if (++this.#differed < 2) return;
    this.#differed = 0;
    const held = await this.#store.held(this.#worker);
    const after = known();
    if (after === null) return;
    const unknown = held.filter(({ run }) => !before.has(run) && !after.has(run));
    if (unknown.length === 0) return;
    this.#log.warn('claims whose answers were lost are given back', { runs: unknown.length });
    await Promise.all(
      unknown.map(({ run, epoch }) =>
        this.#journal.record({ kind: 'handBack', run, epoch, attempt: null, delayMs: 0, error: null }),
      ),
    );
  }
}

import type { RunId } from '../job/run.ts';
import type { Store } from '../ports/store.ts';
import type { WorkerId } from '../ports/store-worker.ts';

/**
 * Finds out where the worker and the store differ about which runs it holds. A run that only the worker knows was ended
 * over its head, or taken over: its handler is told, which may not write for a long time.
 */
export class LostClaims {
  readonly #store: Store;
  readonly #worker: WorkerId;
  readonly #lose: (run: RunId) => void;
  #differed = 0;
  /** Seen by the worker only; once may mean that an answer is on its way. */
  #suspects: ReadonlySet<RunId> = new Set();

  constructor(options: {
    store: Store;
    worker: WorkerId;
    /** The worker holds that run no more. */
    lose: (run: RunId) => void;
  }) {
    this.#store = options.store;
    this.#worker = options.worker;
    this.#lose = options.lose;
  }

  /**
   * With each beat: how many runs the store counts, and which the worker knows (null: a claim is on its way, so nobody
   * can say). Twice in a row different: look.
   */
  async compare(holds: number, known: () => ReadonlySet<string> | null): Promise<void> {
    const before = known();
    if (before === null || holds === before.size) {
      this.#differed = 0;
      this.#suspects = new Set();
      return;
    }
    if (++this.#differed < 2) return;
    this.#differed = 0;
    const held = await this.#store.held(this.#worker);
    const after = known();
    if (after === null) return;
    this.#loseSuspects(before, after, new Set(held.map(({ run }) => run)));
  }

  #loseSuspects(before: ReadonlySet<RunId>, after: ReadonlySet<RunId>, held: ReadonlySet<RunId>): void {
    const suspects = new Set([...before].filter((run) => after.has(run) && !held.has(run)));
    for (const run of suspects) if (this.#suspects.has(run)) this.#lose(run);
    this.#suspects = suspects;
    if (suspects.size > 0) this.#differed = 1; // the next beat looks again
  }
}

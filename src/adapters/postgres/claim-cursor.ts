import type { WorkerId } from '../../ports/store-worker.ts';

/**
 * Where the claims of one worker may begin to look while a transaction that is held open keeps all that was taken from
 * being cleaned up (`claim_v1` has the rule). Most of the time there is nothing here and each claim looks at everything.
 * Else each look at everything is followed by others for a second, or twenty times as long as it took: whatever was
 * passed by waits so long at most, and however long the transaction, looking costs a twentieth of the time.
 */
export class ClaimCursor {
  #worker: WorkerId | undefined;
  #seen: string | null = null;
  #wholeAt = 0;

  of(worker: WorkerId): { readonly seen: string | null; readonly isWhole: boolean } {
    if (worker !== this.#worker) return { seen: null, isWhole: true };
    return { seen: this.#seen, isWhole: this.#seen === null || performance.now() >= this.#wholeAt };
  }

  /** After a claim; `begunAt` by `performance.now()`. */
  note(claim: {
    readonly worker: WorkerId;
    readonly isWhole: boolean;
    readonly seen: string | null;
    readonly begunAt: number;
  }): void {
    this.#worker = claim.worker;
    this.#seen = claim.seen;
    if (!claim.isWhole) return;
    const now = performance.now();
    this.#wholeAt = now + Math.max(1_000, 20 * (now - claim.begunAt));
  }
}

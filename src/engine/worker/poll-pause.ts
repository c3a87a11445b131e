import type { Claimed } from '../../ports/store-claim.ts';

/**
 * How long a worker waits before it looks for work again: idle looks become rarer, up to `pollMs`. Infinity: nobody else
 * writes to the store, so after an idle look only a hint or a due run makes another one.
 */
export class PollPause {
  readonly #pollMs: number;
  #emptyTurns = 0;

  constructor(pollMs: number) {
    this.#pollMs = pollMs;
  }

  /** Somebody said that there is work. */
  reset(): void {
    this.#emptyTurns = 0;
  }

  /** A run that is due sooner shortens the pause. */
  after({ claims, nextDueAt, now }: Claimed): number {
    this.#emptyTurns = claims.length > 0 ? 0 : this.#emptyTurns + 1;
    const rarer = firstMs * 2 ** Math.min(10, this.#emptyTurns - 1);
    const idle = this.#pollMs === Infinity && claims.length === 0 ? Infinity : Math.min(this.#pollMs, rarer);
    return nextDueAt === null ? idle : Math.max(1, Math.min(idle, nextDueAt - now));
  }
}

const firstMs = 25;

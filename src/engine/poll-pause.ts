import type { Claimed } from '../ports/store-claim.ts';

/** How long a worker waits before it looks for work again: idle looks become rarer, up to `pollMs`. */
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
    const idle = Math.min(this.#pollMs, firstMs * 2 ** Math.min(10, this.#emptyTurns - 1));
    return nextDueAt === null ? idle : Math.max(1, Math.min(idle, nextDueAt - now));
  }
}

const firstMs = 25;

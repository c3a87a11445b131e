import type { Claim } from '../../ports/store-claim.ts';
import type { Clock } from '../../std/clock.ts';

/** A claimed run that waits for a slot, and what the store's clock said when our monotonic clock began. */
export interface Waiting {
  readonly claim: Claim;
  readonly storeClockOffsetMs: number;
}

/**
 * Keeps runs that were claimed before there is a slot for them (protocol/claims#claims-ahead). So the next runs are
 * fetched while the ends of the last ones are being recorded. It is done only where runs are short: a run that waits
 * behind a long one could be begun by an idle worker. For the same reason a run that waits too long is given back.
 */
export class ClaimBuffer {
  readonly #slots: number;
  readonly #clock: Clock;
  #waiting: (Waiting & { readonly since: number })[] = [];
  /** How long a run keeps its slot, lately. Unknown is long. */
  #usualMs = Infinity;

  constructor({ slots, clock }: { slots: number; clock: Clock }) {
    this.#slots = slots;
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /**
   * How many runs may be claimed beyond the free slots. It is none while only a few are missing: a claim costs much the
   * same for one run and for ten.
   */
  get room(): number {
    return this.#usualMs <= shortMs && 2 * this.size <= this.#slots ? this.#slots - this.size : 0;
  }

  /** A run ended that had its slot for so long. */
  learn(heldMs: number): void {
    this.#usualMs = this.#usualMs === Infinity ? heldMs : this.#usualMs + (heldMs - this.#usualMs) / 8;
  }

  add(claims: readonly Claim[], storeClockOffsetMs: number): void {
    const since = this.#clock.monotonic();
    for (const claim of claims) this.#waiting.push({ claim, storeClockOffsetMs, since });
  }

  /** Takes out the first run that waits, if there is one. */
  next(): Waiting | undefined {
    return this.#waiting.shift();
  }

  /** Takes out the runs that waited for longer than `patienceMs`. They show that runs are not short any more. */
  takeOverdue(): Claim[] {
    const latest = this.#clock.monotonic() - patienceMs;
    const overdue = this.#waiting.filter(({ since }) => since <= latest);
    if (overdue.length === 0) return [];
    this.#waiting = this.#waiting.filter(({ since }) => since > latest);
    this.#usualMs = Infinity;
    return overdue.map(({ claim }) => claim);
  }

  takeAll(): Claim[] {
    const all = this.#waiting.map(({ claim }) => claim);
    this.#waiting = [];
    return all;
  }
}

const shortMs = 100;
export const patienceMs = 1_000;

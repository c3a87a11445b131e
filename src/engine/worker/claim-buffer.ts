import type { Claim } from '../../ports/store-claim.ts';
import type { Clock } from '../../std/clock.ts';

/** A claimed run that waits for a slot, and what the store's clock said when our monotonic clock began. */
export interface Waiting {
  readonly claim: Claim;
  readonly storeClockOffsetMs: number;
}

/**
 * Runs that are claimed before there is a slot for them, so that the next ones are fetched while the ends of these are
 * on their way. Only where runs are short: a long one would hold back, unbegun, what an idle worker could do at once. For
 * the same reason who waits too long is given back.
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

  /** How many may be claimed beyond the free slots. Few missing is none: a claim costs much the same for one and for ten. */
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

  /** The first that waits, if any; it waits no more. */
  next(): Waiting | undefined {
    return this.#waiting.shift();
  }

  /** Those that waited for longer than `patienceMs`; they wait no more. Runs are not short any more, or they would not. */
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

import type { AttemptEnd } from '../ports/attempt-end.ts';
import type { Meter } from '../ports/meter.ts';
import type { Claim } from '../ports/store-claim.ts';

/** Passes what the engine tells on to everyone who measures this app. */
export class Meters implements Meter {
  #listeners: readonly Meter[] = [];
  /** Runs are taken over when the store is opened, which may be before anybody could listen. */
  #unheard = { workers: 0, runs: 0 };

  /** Returns the way to stop listening. */
  listen(meter: Meter): () => void {
    if (this.#unheard.workers > 0) meter.tookOver(this.#unheard);
    this.#unheard = { workers: 0, runs: 0 };
    this.#listeners = [...this.#listeners, meter];
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== meter);
    };
  }

  began(claim: Claim): void {
    for (const each of this.#listeners) each.began(claim);
  }

  ended(claim: Claim, end: AttemptEnd, ms: number): void {
    for (const each of this.#listeners) each.ended(claim, end, ms);
  }

  leftBehind(claim: Claim): void {
    for (const each of this.#listeners) each.leftBehind(claim);
  }

  committed(lane: string, entries: number, ms: number): void {
    for (const each of this.#listeners) each.committed(lane, entries, ms);
  }

  beat(reached: boolean): void {
    for (const each of this.#listeners) each.beat(reached);
  }

  tookOver(dead: { readonly workers: number; readonly runs: number }): void {
    for (const each of this.#listeners) each.tookOver(dead);
    if (this.#listeners.length > 0) return;
    const { workers, runs } = this.#unheard;
    this.#unheard = { workers: workers + dead.workers, runs: runs + dead.runs };
  }

  buried(): void {
    for (const each of this.#listeners) each.buried();
  }
}

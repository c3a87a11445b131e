import type { FinalState, Trigger } from '../job/state.ts';
import type { AttemptEnd } from '../ports/attempt-end.ts';
import type { Meter } from '../ports/meter.ts';
import type { Claim } from '../ports/store-claim.ts';
import { harmless } from '../std/harmless.ts';

/** Passes what the engine tells on to everyone who measures this app; one that throws fails no run. */
export class Meters implements Meter {
  #listeners: readonly Meter[] = [];
  /** Runs are taken over when the store is opened, which may be before anybody could listen; the first of it are kept. */
  #unheard: ((meter: Meter) => void)[] = [];

  /** Returns the way to stop listening. */
  listen(listener: Meter): () => void {
    const meter = harmless(listener);
    for (const tell of this.#unheard) tell(meter);
    this.#unheard = [];
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

  zombieHandler(claim: Claim): void {
    for (const each of this.#listeners) each.zombieHandler(claim);
  }

  settledLate(claim: Claim): void {
    for (const each of this.#listeners) each.settledLate(claim);
  }

  internalError(claim: Claim): void {
    for (const each of this.#listeners) each.internalError(claim);
  }

  endedByStore({ job, trigger }: { readonly job: string; readonly trigger: Trigger }, outcome: FinalState): void {
    this.#tell((meter) => meter.endedByStore({ job, trigger }, outcome));
  }

  committed(batcher: string, entries: number, ms: number): void {
    for (const each of this.#listeners) each.committed(batcher, entries, ms);
  }

  heartbeat(reached: boolean): void {
    for (const each of this.#listeners) each.heartbeat(reached);
  }

  tookOver(dead: { readonly workers: number; readonly runs: number }): void {
    this.#tell((meter) => meter.tookOver(dead));
  }

  evicted(): void {
    for (const each of this.#listeners) each.evicted();
  }

  #tell(tell: (meter: Meter) => void): void {
    for (const each of this.#listeners) tell(each);
    if (this.#listeners.length === 0 && this.#unheard.length < maxUnheard) this.#unheard.push(tell);
  }
}

/** A process that nobody measures keeps no more. */
const maxUnheard = 1_000;

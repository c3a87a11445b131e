import type { AttemptEnd } from './attempt-end.ts';
import type { Claim } from './store-claim.ts';

/**
 * Hears what the engine does, for those who count it. Called in between the work of runs: an implementation counts and
 * returns; it keeps nothing that it is given, and must not throw. Nothing is told of single steps.
 */
export interface Meter {
  began(claim: Claim): void;
  /** `ms` since the attempt began here, waits included. */
  ended(claim: Claim, end: AttemptEnd, ms: number): void;
  /** The handler ignored its signal beyond the grace: it goes on as a zombie, refused every write. */
  leftBehind(claim: Claim): void;
  /** One group of the journal is committed; `ms` from the first sending to the answer. */
  committed(lane: string, entries: number, ms: number): void;
  /** The main loop raised its worker's counter in the store, or could not. */
  beat(reached: boolean): void;
  /** This process took the runs of dead workers over. */
  tookOver(dead: { readonly workers: number; readonly runs: number }): void;
  /** Others took this process's worker for dead and have its runs. */
  buried(): void;
}

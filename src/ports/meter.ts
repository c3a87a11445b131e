import type { FinalState, Trigger } from '../job/state.ts';
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
  zombieHandler(claim: Claim): void;
  /** A handler that was left behind has ended after all. */
  settledLate(claim: Claim): void;
  /** An error of the engine's own ended this attempt, which fails with the code INTERNAL. */
  internalError(claim: Claim): void;
  /**
   * The store ended a run itself, as this process asked it to: one that nobody executed, or over the head of its owner,
   * whose attempt then ends as `lost`. Of children that it cancelled along with the run nothing is told.
   */
  endedByStore(run: { readonly job: string; readonly trigger: Trigger }, outcome: FinalState): void;
  /** One group of the journal is committed; `ms` from the first sending to the answer. */
  committed(batcher: string, entries: number, ms: number): void;
  /** The main loop raised its worker's counter in the store, or could not. */
  heartbeat(reached: boolean): void;
  /** This process took the runs of dead workers over. */
  tookOver(dead: { readonly workers: number; readonly runs: number }): void;
  /** Others took this process's worker for dead and have its runs. */
  evicted(): void;
}

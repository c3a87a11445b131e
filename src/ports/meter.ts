import type { FinalState, Trigger } from '../job/state.ts';
import type { AttemptEnd } from './attempt-end.ts';
import type { Claim } from './store-claim.ts';

/**
 * Is told what the engine does, to count it. It is called in between the work of runs, so an implementation counts and
 * returns. It keeps nothing that it is given, and does not throw. Single steps are not told.
 */
export interface Meter {
  began(claim: Claim): void;
  /** The attempt ended `ms` after it began here. Waits are included. */
  ended(claim: Claim, end: AttemptEnd, ms: number): void;
  /**
   * The handler ignored its signal beyond the grace. It goes on as a zombie, whose writes are refused
   * (protocol/replay#zombies).
   */
  zombieHandler(claim: Claim): void;
  /** A zombie has ended after all. */
  settledLate(claim: Claim): void;
  /**
   * An error of the engine's own ended this attempt. It fails with the code INTERNAL
   * (protocol/replay#errors-of-our-own).
   */
  internalError(claim: Claim): void;
  /**
   * The store itself ended a run because this process asked it to: a run that nobody executed, or one whose owner was
   * not asked; the attempt of that owner ends as `lost`. Children that were cancelled with the run are not told.
   */
  endedByStore(run: { readonly job: string; readonly trigger: Trigger }, outcome: FinalState): void;
  /** One group of the journal is committed, `ms` after it was sent first. */
  committed(batcher: string, entries: number, ms: number): void;
  /** The main loop raised its worker's counter in the store, or could not. */
  heartbeat(reached: boolean): void;
  /** This process took over the runs of dead workers. */
  tookOver(dead: { readonly workers: number; readonly runs: number }): void;
  /** Others took this process's worker for dead. They have its runs. */
  evicted(): void;
}

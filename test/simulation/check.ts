import type { Run, RunId } from '../../src/job/run.ts';
import type { Ledger } from './ledger.ts';
import type { Observed } from './observed.ts';

/** Who executes a run: one attempt on one worker. */
export interface Actor {
  readonly worker: number;
  readonly run: RunId;
  readonly epoch: number;
}

/** One promise of the house. Each method is told of something at the moment when it happens. */
export interface Check {
  /** The store has carried out a call; the ledger does not know of it yet. */
  call?(call: Observed): void;
  /** It has taken it in. */
  taken?(call: Observed): void;
  /** The work of a step begins. */
  body?(actor: Actor, step: string): void;
  /** A step has given this to the handler. */
  result?(actor: Actor, step: string, value: unknown): void;
  /** A callback is called for a run that ended so. */
  calledBack?(ended: { readonly run: RunId; readonly state: string }): void;
  /** Everything has come to rest; all runs that the store knows. */
  end?(runs: readonly Run[]): void;
}

/** What a check is made of. */
interface Harness {
  readonly ledger: Ledger;
  /** A fault: the sentence names runs and steps, and is the same for the same kind but for names and numbers. */
  readonly blame: (sentence: string) => void;
  /** How fast clocks go at most, and how long an answer of the store was at most on its way, in true ms. */
  readonly haste: () => { readonly speed: number; readonly latencyMs: number };
}

export type MakeCheck = (harness: Harness) => Check;

/** Does the actor hold the run, as far as the store's verdicts say? What others do is fenced. */
export function isOwner(ledger: Ledger, { run, worker, epoch }: Actor): boolean {
  const known = ledger.find(run);
  return known?.state === 'running' && known.holder === worker && known.epoch === epoch;
}

import type { CalledBack } from '../../src/job/callbacks.ts';
import type { RunId } from '../../src/job/run.ts';
import type { FinalState, RunState } from '../../src/job/state.ts';
import type { Program } from './program.ts';

/** What the ledger knows of a run. */
export interface KnownRun {
  readonly id: RunId;
  /** `r0`, its children `r0.1`, a callback `r0!`. */
  readonly name: string;
  readonly job: string;
  readonly key: string | null;
  readonly parent: RunId | null;
  /** Null: the run of a callback. */
  readonly program: Program | null;
  readonly callbacks: CalledBack;
  state: RunState;
  /** The number of the worker. */
  holder: number | null;
  epoch: number;
  /** Not to be claimed before. */
  dueAt: number;
  /** Something was sent to it since its last claim. */
  sent: boolean;
  /** An accepted cancel that it has not outlived. */
  cancelled: boolean;
  readonly steps: Map<string, KnownStep>;
  output: string | null;
  readonly ends: KnownEnd[];
  children: number;
  /** Raised with each retry and restart. */
  lives: number;
  pruned: boolean;
}

export interface KnownStep {
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly output: string | null;
  readonly epoch: number;
  readonly tries: number;
  readonly firstSeq: number;
  readonly child: RunId | null;
  /** When it began, by the store's clock, and when it goes on. */
  readonly begunAt: number;
  readonly resumeAt: number | null;
}

interface KnownEnd {
  readonly state: FinalState;
  readonly epoch: number;
}

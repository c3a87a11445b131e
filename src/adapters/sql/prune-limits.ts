import type { FinalState } from '../../job/state.ts';
import type { PrunePolicy } from '../../ports/store-query.ts';

/** What is kept of the runs in one final state: for so long, and so many. */
export interface PruneLimit {
  readonly state: FinalState;
  readonly ms: number;
  readonly runs: number;
}

/** A policy as databases read it, for each state its own limits. */
export function pruneLimits({ succeededMs, succeededRuns, failedMs, failedRuns }: PrunePolicy): PruneLimit[] {
  return [
    { state: 'succeeded', ms: succeededMs, runs: succeededRuns },
    { state: 'failed', ms: failedMs, runs: failedRuns },
    { state: 'cancelled', ms: failedMs, runs: failedRuns },
  ];
}

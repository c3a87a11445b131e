import type { RunId, StepKind } from '../../job/run.ts';
import type { Trigger } from '../../job/state.ts';
import type { Claim } from '../../ports/store-claim.ts';

/** A run in execution, for those who want to know what a process is doing (contract EGO-21). */
export interface RunningRun {
  readonly run: RunId;
  readonly job: string;
  readonly key: string | null;
  readonly trigger: Trigger;
  readonly attempt: number;
  readonly epoch: number;
  readonly traceId: string;
  /** Since this attempt began here. */
  readonly ageMs: number;
  /** Nothing of it is in execution: only sleeps, events, children or next tries are open. */
  readonly isWaiting: boolean;
  readonly thread: 'main';
  /** Those that were asked for and have not ended. */
  readonly steps: readonly OpenStep[];
}

export interface OpenStep {
  readonly key: string;
  readonly kind: StepKind;
  readonly ageMs: number;
}

export function runningRun(
  { run, job, key, trigger, attempt, epoch, traceId }: Claim,
  ageMs: number,
  isWaiting: boolean,
  steps: readonly OpenStep[],
): RunningRun {
  const names = { run, job, key, trigger, attempt, epoch, traceId };
  return { ...names, ageMs, isWaiting, thread: 'main', steps };
}

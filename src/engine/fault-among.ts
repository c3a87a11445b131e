import type { Attempt } from './attempt.ts';
import { currentSink } from './console-capture.ts';

/**
 * An error that nobody caught fails the run whose code threw it; all in execution, where that is not known. Called inside
 * of the listener that hears of the error. Answers how many fail by it; null: it is the fault of a run that has ended.
 */
export function faultAmong(all: readonly Attempt[], error: Error): number | null {
  const guilty = all.filter((attempt) => attempt.isCurrent);
  if (guilty.length === 0 && currentSink() !== undefined) return null;
  const failed = (guilty.length > 0 ? guilty : all).filter((attempt) => attempt.fault(error));
  return failed.length === 0 && guilty.length > 0 ? null : failed.length;
}

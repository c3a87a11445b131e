import { stepKey } from './key.ts';

/**
 * What another system has done of a run: the steps before `step` (counted from 1) are done, and where `failed` is set
 * that step failed for good. It is stored with the run from the first moment, so a crash in the middle of an import
 * leaves no run that would begin anew.
 */
export interface Imported {
  readonly step: number;
  readonly failed: boolean;
}

/** The header of the stored request that holds it. A header of that name that a caller sends is dropped. */
export const importedHeader = 'onejob-imported';

export function writeImported({ step, failed }: Imported): string {
  return `step=${step}${failed ? ';failed' : ''}`;
}

/** What another system has done of this run; undefined where there was none. */
export function readImported(header: string | undefined): Imported | undefined {
  const match = /^step=(\d+)(;failed)?$/.exec(header ?? '');
  return match === null ? undefined : { step: Number(match[1]), failed: match[2] !== undefined };
}

/**
 * Whether the run was never restarted: a restart shows in the key of a step. After one, the steps are executed here.
 */
export function isFirstGeneration({ run, step, key }: { run: string; step: string; key: string }): boolean {
  return key === `${run}:${stepKey(step)}`;
}

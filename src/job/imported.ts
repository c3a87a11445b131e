import { stepKey } from './key.ts';

/**
 * A run that another system has worked on: steps before `step` (from 1) are done there, and that one failed for good
 * where `failed` says so. It stands with the run from its first moment, so that a crash in the middle of an import
 * leaves no run that would begin anew.
 */
export interface Imported {
  readonly step: number;
  readonly failed: boolean;
}

/** The header of the stored request that holds it. What callers send under this name is dropped at the door. */
export const importedHeader = 'onejob-imported';

export function writeImported({ step, failed }: Imported): string {
  return `step=${step}${failed ? ';failed' : ''}`;
}

/** Undefined for a run of our own. */
export function readImported(header: string | undefined): Imported | undefined {
  const match = /^step=(\d+)(;failed)?$/.exec(header ?? '');
  return match === null ? undefined : { step: Number(match[1]), failed: match[2] !== undefined };
}

/** A restart of the run raises the generation in the key of its steps: then the steps are executed here. */
export function isFirstGeneration({ run, step, key }: { run: string; step: string; key: string }): boolean {
  return key === `${run}:${stepKey(step)}`;
}

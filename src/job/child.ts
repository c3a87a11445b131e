import type { Run } from './run.ts';

/**
 * Was this run cancelled because its parent ended? Only a parent that has ended cancels its children. A parent that
 * asks is unfinished, so it was retried since, and this cancel is no answer to it.
 */
export function isCancelledWithParent({ state, error, parent }: Pick<Run, 'state' | 'error' | 'parent'>): boolean {
  return state === 'cancelled' && parent !== null && error?.message.startsWith(`cancelled by run ${parent}: `) === true;
}

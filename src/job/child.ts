import type { Run } from './run.ts';

/**
 * Was this run cancelled because its parent ended? A parent that asks has been retried since, for no unfinished one ends
 * its children: so that is no answer to it.
 */
export function isCancelledWithParent({ state, error, parent }: Pick<Run, 'state' | 'error' | 'parent'>): boolean {
  return state === 'cancelled' && parent !== null && error?.message.startsWith(`cancelled by run ${parent}: `) === true;
}

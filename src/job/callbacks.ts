import type { JobContext } from './context.ts';
import type { Failure } from './failure.ts';
import type { RunId } from './run.ts';
import type { FinalState } from './state.ts';

/** What a callback is told of the run that ended. */
export interface Ended<Context> {
  readonly run: { readonly id: RunId; readonly key: string | null; readonly job: string };
  readonly state: FinalState;
  /** The final context: what the last recorded step left, or the input where none was recorded. */
  readonly output: Context;
  readonly error: Failure | null;
}

export type Callback<Context, Services> = (
  ended: Ended<Context>,
  tools: Pick<JobContext<unknown, Services>, 'services' | 'log' | 'signal'>,
) => unknown;

/**
 * Which ends of a run are called back. `unknown`: the run was asked for by name, and no worker that knows the job has
 * claimed it since.
 */
export type CalledBack = 'none' | 'success' | 'failure' | 'both' | 'unknown';

/**
 * Called after the outcome is stored, as a run of its own that is created in the same commit: so it is called at least
 * once whatever is killed, its end is recorded, and a throw in it cannot change the outcome (contract VT-4).
 */
export interface Callbacks {
  readonly onSuccess: Callback<never, never> | null;
  readonly onFailure: Callback<never, never> | null;
}

export function calledBack(callbacks: Callbacks | null): Exclude<CalledBack, 'unknown'> {
  if (callbacks?.onSuccess) return callbacks.onFailure ? 'both' : 'success';
  return callbacks?.onFailure ? 'failure' : 'none';
}

/** Does an end in this state create the run of a callback? The store does it in the commit of the end, whoever ends it. */
export function endsInCallback(callbacks: CalledBack, state: FinalState): boolean {
  return callbacks === 'both' || callbacks === (state === 'succeeded' ? 'success' : 'failure');
}

/** The callback for that end, or null. */
export function callbackFor(callbacks: Callbacks | null, state: FinalState): Callback<never, never> | null {
  if (callbacks === null) return null;
  return state === 'succeeded' ? callbacks.onSuccess : callbacks.onFailure;
}

/** The key of a run that is the callback of another; one for each end of that other, which has an epoch of its own. */
export function callbackKey({ id, epoch }: { readonly id: RunId; readonly epoch: number }): string {
  return `${reservedPrefix}${id}:${epoch}`;
}

/** No caller may give such a key: a run that had it already would stand in the place of the callback, which never came. */
export function isReservedKey(key: string): boolean {
  return key.startsWith(reservedPrefix);
}

const reservedPrefix = 'callback:';

/** Only the engine makes runs with trigger `parent`, so no caller's key is taken for one. */
export function isCallbackRun(run: { readonly trigger: string; readonly key: string | null }): boolean {
  return run.trigger === 'parent' && run.key !== null && isReservedKey(run.key);
}

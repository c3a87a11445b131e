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
 * Which ends of a run have a callback. `unknown`: the run was asked for by name, and no worker that knows the job has
 * claimed it yet.
 */
export type CalledBack = 'none' | 'success' | 'failure' | 'both' | 'unknown';

/**
 * Callbacks are called after the outcome is stored. Each is a run of its own, created in the commit of the outcome. So
 * it is called at least once whatever is killed, its end is recorded, and a throw in it cannot change the outcome
 * (contract VT-4, protocol/replay#callbacks).
 */
export interface Callbacks {
  readonly onSuccess: Callback<never, never> | null;
  readonly onFailure: Callback<never, never> | null;
}

export function calledBack(callbacks: Callbacks | null): Exclude<CalledBack, 'unknown'> {
  if (callbacks?.onSuccess) return callbacks.onFailure ? 'both' : 'success';
  return callbacks?.onFailure ? 'failure' : 'none';
}

/**
 * Does an end in this state have a callback? The store then creates its run in the commit of the end, whoever ends the
 * run.
 */
export function endsInCallback(callbacks: CalledBack, state: FinalState): boolean {
  return callbacks === 'both' || callbacks === (state === 'succeeded' ? 'success' : 'failure');
}

/** The callback for that end, or null. */
export function callbackFor(callbacks: Callbacks | null, state: FinalState): Callback<never, never> | null {
  if (callbacks === null) return null;
  return state === 'succeeded' ? callbacks.onSuccess : callbacks.onFailure;
}

/** The key of a callback's run. It names the run that ended and the epoch of that end, so each end has one callback. */
export function callbackKey({ id, epoch }: { readonly id: RunId; readonly epoch: number }): string {
  return `${reservedPrefix}${id}:${epoch}`;
}

/** No caller may give such a key: the callback would find that key taken, and would never be called. */
export function isReservedKey(key: string): boolean {
  return key.startsWith(reservedPrefix);
}

const reservedPrefix = 'callback:';

/** Whether a run is a callback. The trigger is checked, too: only the engine makes runs with the trigger `parent`. */
export function isCallbackRun(run: { readonly trigger: string; readonly key: string | null }): boolean {
  return run.trigger === 'parent' && run.key !== null && isReservedKey(run.key);
}

import type { Failure } from './failure.ts';
import type { Run, RunId } from './run.ts';
import type { FinalState } from './state.ts';

/** What a hook may know of the run that begins or has ended. */
export interface HookRun {
  readonly id: RunId;
  readonly job: string;
  readonly key: string | null;
  readonly attempt: number;
  readonly trigger: Run['trigger'];
  readonly traceId: string;
}

/**
 * Code around everything that a process does (contract GJ-13): `onStart` once before the first run, `beforeRun` and
 * `afterRun` around each attempt, `onStop` once at the end. A throw in `beforeRun` fails the attempt before the job
 * starts. `afterRun` is called in any case, and a throw in it is logged.
 */
export interface Hooks {
  onStart?: () => unknown;
  beforeRun?: (run: HookRun) => unknown;
  afterRun?: (run: HookRun, end: { readonly state: FinalState | 'retried'; readonly error: Failure | null }) => unknown;
  onStop?: () => unknown;
}

import type { Failure } from '../../job/failure.ts';

/** A worker that crashed while it held the run. */
export interface CrashRecord {
  readonly node: string;
  readonly worker: string;
}

/** The failure of a run that has reached its limit of crashes. It names the workers (protocol/liveness#crashes). */
export function crashFailure(crashRecords: readonly CrashRecord[]): Failure {
  const names = crashRecords.map(({ node, worker }) => `${node} (${worker})`);
  const count = crashRecords.length;
  return {
    code: 'RUN_CRASHED',
    message: `${count} ${count === 1 ? 'worker' : 'workers'} in a row ended while running it, without progress in between: ${names.join(', ')}`,
    data: { workers: crashRecords },
  };
}

/** The outcome of a run that was cancelled while nobody held it. */
export function cancelFailure(actor: string, reason: string | null): Failure {
  return { code: 'RUN_CANCELLED', message: `cancelled by ${actor}${reason === null ? '' : `: ${reason}`}` };
}

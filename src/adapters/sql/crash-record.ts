import type { Failure } from '../../job/failure.ts';

/** A worker that died with a run in its hands. */
export interface CrashRecord {
  readonly node: string;
  readonly worker: string;
}

/** The failure of a run that took down its workers once too often; it names them (protocol/liveness#crashes). */
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

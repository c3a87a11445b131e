import { hasCode, isErrorCode, isOnejobError, type ErrorCode } from '../job/errors.ts';
import type { Run } from '../job/run.ts';

/** A signal that a person or an init system sends to end a process. */
export type EndSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/** What the shell is told for each code; a test holds `docs/reference/cli.md` against this table. */
export const exitCodes: Readonly<Record<ErrorCode, number>> = {
  JOB_FAILED: 1,
  STEP_REPEATED: 1,
  VALUE_REJECTED: 1,
  LOCK_ACROSS_WAIT: 1,
  RUN_CRASHED: 1,
  RUN_CANCELLED: 1,
  RUN_TIMED_OUT: 124,
  RUN_INTERRUPTED: 130,
  RUN_LOST: 75,
  INTERNAL: 70,
  USAGE: 2,
  INPUT_INVALID: 2,
  CONFIG_INVALID: 2,
  DRIVER_MISSING: 2,
  PAYLOAD_TOO_LARGE: 2,
  JOB_UNKNOWN: 3,
  RUN_UNKNOWN: 3,
  STEP_UNKNOWN: 3,
  KEY_CONFLICT: 4,
  KEY_BUSY: 75,
  RUN_ACTIVE: 4,
  RUN_FINISHED: 4,
  MAILBOX_FULL: 4,
  NODE_TAKEN: 4,
  STORE_UNAVAILABLE: 5,
  STORE_REPLACED: 5,
  ADDRESS_TAKEN: 5,
  UNAUTHORIZED: 6,
  FORBIDDEN: 6,
  SERVER_UNAVAILABLE: 5,
  APP_STOPPING: 75,
  WAIT_TIMED_OUT: 75,
};

/** 128 + the number of the signal, as shells count. */
export const signalExits: Readonly<Record<EndSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** The exit code of a command that threw; what has no code of ours is a fault, 1. `signal`: the one that ended it. */
export function exitOfError(error: unknown, signal: EndSignal | null = null): number {
  if (signal !== null && hasCode(error, 'RUN_INTERRUPTED')) return signalExits[signal];
  return isOnejobError(error) && isErrorCode(error.code) ? exitCodes[error.code] : 1;
}

/**
 * The exit code of a command that saw these runs end (contracts EGO-2, EGO-4). One that is not finished was left
 * waiting: 75. Of several, any failure is 1. `signal` is the one that interrupted them, where one did.
 */
export function exitOfRuns(runs: readonly Run[], signal: EndSignal | null): number {
  const codes = runs.map((run) => exitOfRun(run, signal));
  const [only] = codes;
  if (only === undefined) return 0;
  if (codes.length === 1) return only;
  const failed = codes.filter((code) => code !== 0 && code !== unfinished);
  if (signal !== null && failed.includes(signalExits[signal])) return signalExits[signal];
  if (failed.length > 0) return 1;
  return codes.includes(unfinished) ? unfinished : 0;
}

const unfinished = 75;

/** A failed run's code says how it failed, not what became of the command: only three of them have their own exit. */
function exitOfRun(run: Run, signal: EndSignal | null): number {
  switch (run.state) {
    case 'succeeded':
      return 0;
    case 'failed':
    case 'cancelled': {
      const code = run.error?.code;
      if (code === 'RUN_INTERRUPTED') return signalExits[signal ?? 'SIGINT'];
      return code === 'RUN_TIMED_OUT' || code === 'INPUT_INVALID' ? exitCodes[code] : 1;
    }
    case 'queued':
    case 'running':
    case 'waiting':
      return unfinished;
  }
}

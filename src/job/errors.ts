/**
 * Every error that onejob itself raises has a code from this one table. Faces translate a code: exit codes live in
 * `cli/exit-code.ts`, HTTP statuses in `http/status.ts`; `docs/reference/errors.md` is held against all three by a test.
 */
export const errorTable = {
  JOB_FAILED: { who: 'author', retry: true, meaning: 'The job threw an error.' },
  STEP_REPEATED: { who: 'author', retry: false, meaning: 'One execution asked for the same step key twice.' },
  VALUE_REJECTED: { who: 'author', retry: false, meaning: 'A value cannot be stored as JSON.' },
  LOCK_ACROSS_WAIT: { who: 'author', retry: false, meaning: 'A lock was held around a wait.' },
  RUN_CRASHED: { who: 'author', retry: false, meaning: 'The run took down its workers several times in a row.' },
  RUN_CANCELLED: { who: 'nobody', retry: false, meaning: 'Somebody cancelled the run.' },
  RUN_TIMED_OUT: { who: 'author', retry: true, meaning: 'The run took longer than its time-out or deadline.' },
  RUN_INTERRUPTED: { who: 'nobody', retry: true, meaning: 'A signal ended the process while the run was going on.' },
  RUN_LOST: {
    who: 'nobody',
    retry: true,
    meaning: 'Another worker goes on with the run; the one that is told so writes nothing more.',
  },
  INTERNAL: { who: 'operator', retry: true, meaning: 'An error of onejob itself ended the attempt.' },
  USAGE: { who: 'caller', retry: false, meaning: 'The command or the request was written wrongly.' },
  INPUT_INVALID: { who: 'caller', retry: false, meaning: 'The input does not fit the schema of the job.' },
  CONFIG_INVALID: { who: 'operator', retry: false, meaning: 'A definition or a setting is wrong.' },
  DRIVER_MISSING: { who: 'operator', retry: false, meaning: 'An optional package is not installed.' },
  PAYLOAD_TOO_LARGE: { who: 'caller', retry: false, meaning: 'The input is larger than the limit.' },
  JOB_UNKNOWN: { who: 'caller', retry: false, meaning: 'No job has that name.' },
  RUN_UNKNOWN: { who: 'caller', retry: false, meaning: 'No run has that id or key.' },
  STEP_UNKNOWN: { who: 'caller', retry: false, meaning: 'The run has no such step.' },
  KEY_CONFLICT: {
    who: 'caller',
    retry: false,
    meaning: 'The key belongs to a run of another job or with another input.',
  },
  KEY_BUSY: { who: 'caller', retry: true, meaning: 'A transaction that is still open is creating that key.' },
  RUN_ACTIVE: { who: 'caller', retry: true, meaning: 'The run is not finished yet.' },
  RUN_FINISHED: { who: 'caller', retry: false, meaning: 'The run is finished already.' },
  MAILBOX_FULL: { who: 'caller', retry: true, meaning: 'The run has too many events that it has not taken yet.' },
  NODE_TAKEN: { who: 'operator', retry: false, meaning: 'Another process has taken over the name of this node.' },
  STORE_UNAVAILABLE: { who: 'operator', retry: true, meaning: 'The store does not answer.' },
  STORE_REPLACED: {
    who: 'operator',
    retry: false,
    meaning: 'The file of the store was moved, replaced or deleted while it was open.',
  },
  ADDRESS_TAKEN: { who: 'operator', retry: true, meaning: 'The server cannot listen on its address.' },
  UNAUTHORIZED: { who: 'caller', retry: false, meaning: 'The server asks for a token, and it was missing or wrong.' },
  FORBIDDEN: { who: 'caller', retry: false, meaning: 'The server does not let this caller do that.' },
  SERVER_UNAVAILABLE: { who: 'operator', retry: true, meaning: 'The server does not answer.' },
  APP_STOPPING: { who: 'caller', retry: true, meaning: 'The app is stopping and takes no new work.' },
  WAIT_TIMED_OUT: { who: 'caller', retry: true, meaning: 'The waiting ran out; the run itself goes on.' },
} as const satisfies Record<
  string,
  { who: 'author' | 'caller' | 'operator' | 'nobody'; retry: boolean; meaning: string }
>;

export type ErrorCode = keyof typeof errorTable;

const brand = Symbol.for('onejob.error');

/** An error with a code of the table. `hint` is the remedy in one sentence; `data` is JSON for programs. */
export class OnejobError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly data: unknown;
  readonly [brand] = true;

  constructor(code: ErrorCode, message: string, options: { hint?: string; data?: unknown; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'OnejobError';
    this.code = code;
    this.hint = options.hint;
    this.data = options.data;
  }
}

/** Recognises errors of any loaded copy of onejob: a plugin may carry its own, where `instanceof` fails. */
export function isOnejobError(error: unknown): error is OnejobError {
  return hasBrand(error, brand);
}

/** Recognises any error that carries `code`, ours or a job's own. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return isOnejobError(error) && error.code === code;
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

export function hasBrand(error: unknown, key: symbol): boolean {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[key] === true;
}

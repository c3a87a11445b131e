import { type ErrorCode, isOnejobError, OnejobError } from '../../../job/errors.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const result = { busy: 5, locked: 6, readonly: 8, io: 10, corrupt: 11, full: 13, cantOpen: 14, tooBig: 18, notDb: 26 };
const constraint = 19;

/** Another process has the lock: worth trying again at once. */
export function isLocked(error: unknown): boolean {
  const code = resultCode(error);
  return code === result.busy || code === result.locked;
}

/** A row is there already, or a value is missing: the statement did nothing, the transaction goes on. */
export function isConstraint(error: unknown): boolean {
  return resultCode(error) === constraint;
}

/** The whole transaction is lost, not only the call that ran into it. */
export function isFatal(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && code !== constraint && code !== result.tooBig && code !== 1;
}

/** The connection may be of no use any more. */
export function isBroken(error: unknown): boolean {
  const code = resultCode(error);
  return code === result.io || code === result.corrupt || code === result.readonly || code === result.cantOpen;
}

/** Any error as one of ours, with one sentence that says what to do. `url` names the store. */
export function storeError(cause: unknown, url: string): OnejobError {
  if (isOnejobError(cause)) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const make = (code: ErrorCode, message: string, hint: string) => new OnejobError(code, message, { hint, cause });
  switch (resultCode(cause)) {
    case result.busy:
    case result.locked:
      return make(
        'STORE_UNAVAILABLE',
        `the store ${url} was locked by another process for too long`,
        'find the process that holds it (a stopped one, a backup, an open sqlite3 shell) and end it',
      );
    case result.full:
      return make(
        'STORE_UNAVAILABLE',
        `the disk of the store ${url} is full`,
        'free some space; work goes on by itself',
      );
    case result.readonly:
      return make(
        'STORE_UNAVAILABLE',
        `the store ${url} is read-only`,
        'let this user write to the file and to its directory',
      );
    case result.io:
      return make('STORE_UNAVAILABLE', `the disk of the store ${url} does not answer: ${text}`, 'check the disk');
    case result.cantOpen:
      return make('STORE_UNAVAILABLE', `the store ${url} cannot be opened`, 'let this user write to its directory');
    case result.corrupt:
      return make('CONFIG_INVALID', `the file of the store ${url} is damaged: ${text}`, 'restore it from a backup');
    case result.notDb:
      return make('CONFIG_INVALID', `the file of the store ${url} is not an SQLite database`, 'name another file');
    case result.tooBig:
    case constraint:
      return make('VALUE_REJECTED', `the store ${url} refuses a value: ${text}`, 'send another value');
    default:
      return otherError(cause, text, url);
  }
}

function otherError(cause: unknown, text: string, url: string): OnejobError {
  if (/^no such (table|column)/.test(text)) {
    return new OnejobError('CONFIG_INVALID', `the store ${url} has no schema for this code: ${text}`, {
      hint: 'create it with: onejob db migrate',
      cause,
    });
  }
  // What the driver cannot bind (undefined, an object) is the fault of the value.
  const code = cause instanceof TypeError || cause instanceof RangeError ? 'VALUE_REJECTED' : 'STORE_UNAVAILABLE';
  return new OnejobError(code, `the store ${url} failed: ${text}`, { cause });
}

export function closedError(url: string): OnejobError {
  return new OnejobError('STORE_UNAVAILABLE', `the store ${url} is closed`);
}

/** The writer's thread is gone, and with it the answers to all calls that it had. */
export function threadError(cause: unknown, url: string): OnejobError {
  const why = cause instanceof Error ? cause.message : 'it was ended';
  return new OnejobError('STORE_UNAVAILABLE', `the thread that writes the store ${url} is gone: ${why}`, {
    hint: 'the next call opens a new one; what was on its way is done, or not',
    cause,
  });
}

/** A value that cannot even be sent to the thread: too large for one text, or no data at all. */
export function unsendableError(cause: unknown, url: string): OnejobError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new OnejobError('VALUE_REJECTED', `the store ${url} refuses a value that cannot be sent to its thread${why}`, {
    hint: 'send another value',
    cause,
  });
}

/** Errors travel between threads as plain values: a structured clone drops code and hint. */
export interface EncodedError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export function encodeError({ code, message, hint }: OnejobError): EncodedError {
  return { code, message, hint };
}

export function decodeError({ code, message, hint }: EncodedError): OnejobError {
  return new OnejobError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}

function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null | undefined)?.errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

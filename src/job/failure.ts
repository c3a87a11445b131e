import { parseDuration, type Duration } from '../std/duration.ts';
import { hasBrand, isErrorCode, isOnejobError, OnejobError, type ErrorCode } from './errors.ts';
import { givenDuration } from './given-time.ts';
import { messageOf, messageWithCauses, stackWithCauses } from './thrown-text.ts';

/** The level at which a failure is logged. `info` calls nobody out (contract SJ-16). */
export type FailureLevel = 'info' | 'warn' | 'error';

const permanentBrand = Symbol.for('onejob.permanent');
const laterBrand = Symbol.for('onejob.retry-later');
const jobErrorBrand = Symbol.for('onejob.job-error');

/** A job or a step throws it to fail without a retry, whatever the policy says. It also counts as a `cause`. */
export class PermanentError extends Error {
  readonly [permanentBrand] = true;
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PermanentError';
  }
}

/** A job or a step throws it to be tried again after `delay`. It uses up no try. */
export class RetryLater extends Error {
  readonly delayMs: number;
  readonly [laterBrand] = true;
  /** @throws CONFIG_INVALID for a delay that is no duration */
  constructor(delay: Duration, message?: string) {
    const delayMs = givenDuration(delay, 'RetryLater');
    super(message ?? `asked to be tried again in ${delay}`);
    this.name = 'RetryLater';
    this.delayMs = delayMs;
  }
}

/**
 * A failure with a code of the job's own. Terminal, HTTP and page show it unchanged. With `retry: false` the run fails
 * at once; `level` is the level of the log line. Codes of onejob's own table are refused.
 */
export class JobError extends Error {
  readonly code: string;
  readonly data: unknown;
  readonly level: FailureLevel;
  readonly retry: boolean;
  readonly [jobErrorBrand] = true;

  constructor(
    code: string,
    text: string,
    options: { data?: unknown; level?: FailureLevel; retry?: boolean; cause?: unknown } = {},
  ) {
    super(text, options.cause === undefined ? undefined : { cause: options.cause });
    if (isErrorCode(code)) {
      throw new OnejobError('CONFIG_INVALID', `JobError cannot use the code ${code}: it is one of onejob's own`, {
        hint: `choose another code, such as MY_${code}`,
      });
    }
    this.name = 'JobError';
    this.code = code;
    this.data = options.data;
    this.level = options.level ?? 'error';
    this.retry = options.retry ?? true;
  }
}

/** A failure as it is stored and shown. `data` is JSON; `stack` is for people who asked for it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly data?: unknown;
  readonly stack?: string;
}

/** A stored failure, and what it means for another try. */
export interface Reading {
  readonly failure: Failure;
  readonly level: FailureLevel;
  /** False: there is no further try, whatever the policy says. */
  readonly retry: boolean;
  /** `RetryLater` sets it: the next try comes after this time, and this one is not counted. */
  readonly laterMs?: number;
}

/** Codes of ours that another attempt may not meet again. */
const triedAgain: ReadonlySet<string> = new Set<ErrorCode>([
  'JOB_FAILED',
  'RUN_TIMED_OUT',
  'STORE_UNAVAILABLE',
  'INTERNAL',
]);

const textLimit = 8_192;
const longestCode = 200;

/**
 * Reads anything that a job can throw (also `undefined`, strings, and what throws when it is looked at) into a stored
 * failure and its consequences. Never throws.
 */
export function readFailure(thrown: unknown): Reading {
  try {
    return readThrown(thrown);
  } catch {
    return { failure: { code: 'JOB_FAILED', message: unreadable }, level: 'error', retry: true };
  }
}

const unreadable = 'an object that cannot be read was thrown';

function readThrown(thrown: unknown): Reading {
  if (hasBrand(thrown, laterBrand)) {
    const later = thrown as RetryLater;
    return {
      failure: describe('JOB_FAILED', later, messageOf(later)),
      level: 'info',
      retry: true,
      laterMs: laterMsOf(later),
    };
  }
  if (hasBrand(thrown, jobErrorBrand)) {
    const error = thrown as JobError;
    const failure = describe(codeOf(error), error, messageOf(error), error.data);
    return { failure, level: levelOf(error), retry: error.retry && !isPermanent(error) };
  }
  if (isOnejobError(thrown)) {
    return {
      failure: describe(thrown.code, thrown, messageOf(thrown), thrown.data),
      level: 'error',
      retry: triedAgain.has(thrown.code) && !isPermanent(thrown),
    };
  }
  const failure = describe('JOB_FAILED', thrown, messageWithCauses(thrown));
  return { failure, level: 'error', retry: !isPermanent(thrown) };
}

/** Makes a short text of any code: code without types may give anything, and a code is stored, shown and compared. */
function codeOf({ code }: { readonly code: unknown }): string {
  const text = storable(String(code).slice(0, longestCode));
  return text === '' || isErrorCode(text) ? 'JOB_FAILED' : text;
}

/** Any level that no log has becomes `error`. */
function levelOf({ level }: JobError): FailureLevel {
  return level === 'info' || level === 'warn' ? level : 'error';
}

/** Reads the delay of a `RetryLater`. It may come from another copy of onejob, or have been changed since. */
function laterMsOf({ delayMs }: { readonly delayMs: unknown }): number {
  return parseDuration(typeof delayMs === 'number' ? delayMs : Number.NaN);
}

/** Makes the error that a replay throws for a failed step. Its code, text and data are those that were recorded. */
export function restoreFailure(failure: Failure): Error {
  if (isErrorCode(failure.code)) return new OnejobError(failure.code, failure.message, { data: failure.data });
  return new JobError(failure.code, failure.message, { data: failure.data, retry: false });
}

function isPermanent(thrown: unknown): boolean {
  for (let error = thrown, depth = 0; error && depth < 10; error = (error as { cause?: unknown }).cause, depth++) {
    if (hasBrand(error, permanentBrand)) return true;
  }
  return false;
}

function describe(code: string, thrown: unknown, message: string, data?: unknown): Failure {
  const stack = stackWithCauses(thrown);
  const kept = storableData(data);
  return {
    code,
    message: clean(message),
    ...(kept === undefined ? {} : { data: kept }),
    ...(stack === undefined ? {} : { stack: clean(stack) }),
  };
}

/** Databases refuse U+0000 and lone surrogates; an error text must never be the reason why an outcome is lost. */
function clean(text: string): string {
  return storable(text.slice(0, textLimit));
}

function storableData(data: unknown): unknown {
  if (data === undefined) return undefined;
  try {
    const text = JSON.stringify(data);
    if (text === undefined || text.length > 65_536) return undefined;
    return storableMembers(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Mends the values, not their JSON text: in the text both are escapes, and a backslash may belong to the data. */
function storableMembers(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(storableMembers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [storable(key), storableMembers(member)]));
}

function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\u2400');
}

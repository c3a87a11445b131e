import { type ErrorCode, isOnejobError, OnejobError } from '../../job/errors.ts';
import { keyBusy } from '../../job/key-busy.ts';

/** The SQLSTATE of an error of the server, or the code that Node gives to an error of the socket. */
function stateOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

export function hasState(error: unknown, state: string): boolean {
  return stateOf(isOnejobError(error) ? error.cause : error) === state;
}

/** Two transactions were in each other's way and the server ended one: the whole call is worth repeating at once. */
export function isCollision(error: unknown): boolean {
  return ['40001', '40P01'].includes(stateOf(error));
}

/** The server has no connection free, so the call has not begun. */
export function isCrowded(error: unknown): boolean {
  return stateOf(error) === '53300';
}

/** The connection broke: the call may or may not have taken effect. */
export function isBroken(error: unknown): boolean {
  const state = stateOf(error);
  if (['ECONNRESET', 'EPIPE', '57P01', '57P02', '08003', '08006'].includes(state)) return true;
  return (
    state === '' &&
    error instanceof Error &&
    /^Connection terminated( unexpectedly)?$|not queryable/.test(error.message)
  );
}

/** Any error as one of ours, with one sentence that says what to do. `url` names the store and holds no secret. */
export function storeError(cause: unknown, url: string): OnejobError {
  if (isOnejobError(cause)) return cause;
  // Raised by keep_free_keys, with the keys as its text.
  if (stateOf(cause) === 'OJ004') return keyBusy(JSON.parse((cause as Error).message) as string[]);
  const text = cause instanceof Error ? cause.message || stateOf(cause) : String(cause);
  const { code, sentence, hint } = readingOf(stateOf(cause), text);
  return new OnejobError(code, `the store ${url} ${sentence}`, { cause, ...(hint === undefined ? {} : { hint }) });
}

/** What `check_isolation` says of a session, asked before there are functions. */
export function wrongIsolation(isolation: string, url: string): OnejobError {
  return storeError(Object.assign(new Error(isolation), { code: 'OJ003' }), url);
}

export function closedError(url: string): OnejobError {
  return new OnejobError('STORE_UNAVAILABLE', `the store ${url} is closed`);
}

interface Reading {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly hint?: string;
}

/** By SQLSTATE (postgresql.org/docs, appendix A), first the exact one, then its class. */
function readingOf(state: string, text: string): Reading {
  const exact = byState[state];
  if (exact !== undefined) return { ...exact, sentence: exact.sentence.replace('%', text) };
  const group = byClass[state.slice(0, 2)];
  if (/^[0-9A-Z]{5}$/.test(state) && group !== undefined)
    return { ...group, sentence: group.sentence.replace('%', text) };
  return {
    code: 'STORE_UNAVAILABLE',
    sentence: `does not answer: ${text}`,
    hint: 'check the server and the way to it',
  };
}

const away = 'start the server, or mend the way to it; work goes on by itself';
const login = 'correct user and password in the URL of the store';
const value = 'send another value';

const byState: Record<string, Reading> = {
  ECONNREFUSED: { code: 'STORE_UNAVAILABLE', sentence: 'refuses connections', hint: away },
  ETIMEDOUT: { code: 'STORE_UNAVAILABLE', sentence: 'does not answer', hint: away },
  ECONNRESET: { code: 'STORE_UNAVAILABLE', sentence: 'closed the connection', hint: away },
  ENOTFOUND: { code: 'STORE_UNAVAILABLE', sentence: 'has a host that no name server knows', hint: 'check the URL' },
  EAI_AGAIN: { code: 'STORE_UNAVAILABLE', sentence: 'has a host that no name server answers for', hint: away },
  '28000': { code: 'CONFIG_INVALID', sentence: 'refuses the login: %', hint: login },
  '28P01': { code: 'CONFIG_INVALID', sentence: 'refuses the password', hint: login },
  '3D000': {
    code: 'CONFIG_INVALID',
    sentence: 'names a database that the server does not have',
    hint: 'create it first',
  },
  '3F000': { code: 'CONFIG_INVALID', sentence: 'has no schema yet', hint: 'create it with: onejob db migrate' },
  '42P01': { code: 'CONFIG_INVALID', sentence: 'has no tables yet: %', hint: 'create them with: onejob db migrate' },
  '42883': { code: 'CONFIG_INVALID', sentence: 'has another schema than this code: %', hint: 'run: onejob db migrate' },
  '42501': {
    code: 'CONFIG_INVALID',
    sentence: 'refuses a right: %',
    hint: 'grant it to the user of the store, or let somebody who may run what onejob db migrate --sql prints',
  },
  '53100': { code: 'STORE_UNAVAILABLE', sentence: 'has a full disk', hint: 'free some space; work goes on by itself' },
  '53300': {
    code: 'STORE_UNAVAILABLE',
    sentence: 'has no connection free',
    hint: 'raise max_connections, or lower the pools',
  },
  '25006': {
    code: 'STORE_UNAVAILABLE',
    sentence: 'is read-only',
    hint: 'name the primary server, not a standby, and leave default_transaction_read_only off',
  },
  '57014': {
    code: 'STORE_UNAVAILABLE',
    sentence: 'cancelled a statement: %',
    hint: 'raise statement_timeout of this user',
  },
  '55P03': {
    code: 'STORE_UNAVAILABLE',
    sentence: 'was locked for too long',
    hint: 'find the session that holds the lock',
  },
  '54000': { code: 'VALUE_REJECTED', sentence: 'refuses a value: %', hint: value },
  '21000': { code: 'VALUE_REJECTED', sentence: 'refuses a batch: %' },
  OJ001: {
    code: 'CONFIG_INVALID',
    sentence: 'is PostgreSQL %, and onejob needs 13 or newer',
    hint: 'use a newer server',
  },
  OJ003: {
    code: 'CONFIG_INVALID',
    sentence: 'begins its transactions as %, in which a lock is no fence',
    hint: "alter role … set default_transaction_isolation = 'read committed', or set it for the database; then start anew",
  },
  OJ002: { code: 'CONFIG_INVALID', sentence: 'keeps text as %', hint: 'create a database with encoding UTF8' },
};

const byClass: Record<string, Reading> = {
  '22': { code: 'VALUE_REJECTED', sentence: 'refuses a value: %', hint: value },
  '23': { code: 'VALUE_REJECTED', sentence: 'refuses a value: %', hint: value },
  '54': { code: 'VALUE_REJECTED', sentence: 'refuses a value: %', hint: value },
  '42': { code: 'CONFIG_INVALID', sentence: 'has another schema than this code: %', hint: 'run: onejob db migrate' },
};

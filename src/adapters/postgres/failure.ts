import { isOnejobError, type OnejobError } from '../../job/errors.ts';
import { keyBusy } from '../../job/key-busy.ts';
import { codeOf, hints, readAs, type Reading, socketReadings, unknownReading } from '../sql/failure.ts';

export function hasState(error: unknown, state: string): boolean {
  return codeOf(isOnejobError(error) ? error.cause : error) === state;
}

/** Two transactions were in each other's way and the server ended one: the whole call is worth repeating at once. */
export function isCollision(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error));
}

/** The server has no connection free, so the call has not begun. */
export function isCrowded(error: unknown): boolean {
  return codeOf(error) === '53300';
}

/** The connection broke: the call may or may not have taken effect. */
export function isBroken(error: unknown): boolean {
  const state = codeOf(error);
  if (['ECONNRESET', 'EPIPE', '57P01', '57P02', '08003', '08006'].includes(state)) return true;
  return (
    state === '' &&
    error instanceof Error &&
    /^Connection terminated( unexpectedly)?$|not queryable/.test(error.message)
  );
}

/** Any error as one of ours. `url` names the store and holds no secret. */
export function storeError(cause: unknown, url: string): OnejobError {
  if (isOnejobError(cause)) return cause;
  // Raised by keep_free_keys, with the keys as its text.
  if (codeOf(cause) === 'OJ004') return keyBusy(JSON.parse((cause as Error).message) as string[]);
  return readAs(readingOf(codeOf(cause)), { cause, url });
}

/** What `check_isolation` says of a session, asked before there are functions. */
export function wrongIsolation(isolation: string, url: string): OnejobError {
  return storeError(Object.assign(new Error(isolation), { code: 'OJ003' }), url);
}

/** By SQLSTATE (postgresql.org/docs, appendix A), first the exact one, then its class. */
function readingOf(state: string): Reading {
  const group = /^[0-9A-Z]{5}$/.test(state) ? byClass[state.slice(0, 2)] : undefined;
  return socketReadings[state] ?? byState[state] ?? group ?? unknownReading;
}

const { login, value } = hints;

const byState: Record<string, Reading> = {
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

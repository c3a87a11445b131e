import { type ErrorCode, isOnejobError, OnejobError } from '../../job/errors.ts';

/** The number of an error of the server, or 0. */
function numberOf(error: unknown): number {
  const number = (error as { errno?: unknown } | null | undefined)?.errno;
  return typeof number === 'number' && number > 0 ? number : 0;
}

/** The code that Node gives to an error of the socket, or the driver to one of its own. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

export function hasNumber(error: unknown, ...numbers: readonly number[]): boolean {
  return numbers.includes(numberOf(isOnejobError(error) ? error.cause : error));
}

/** Two transactions were in each other's way and the server ended one, or a table has changed: the whole
 * call is worth repeating at once. */
export function isCollision(error: unknown): boolean {
  return [deadlock, lockTimeout, 1020, 1412].includes(numberOf(error));
}

const deadlock = 1213;
const lockTimeout = 1205;

/** The server has no connection free, so the call has not begun. */
export function isCrowded(error: unknown): boolean {
  return [1040, 1203, 1226].includes(numberOf(error));
}

/** The connection broke: the call may or may not have taken effect. */
export function isBroken(error: unknown): boolean {
  if (['ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST'].includes(codeOf(error))) return true;
  // Shut down, killed, closed for idleness.
  if ([1053, 1927, 4031].includes(numberOf(error))) return true;
  return error instanceof Error && /closed state|connection is closed/i.test(error.message);
}

/** What the connection says next is no answer to what is asked next. */
export function isSpoiled(error: unknown): boolean {
  return numberOf(error) === 0 || isBroken(error);
}

/** Any error as one of ours, with one sentence that says what to do. `url` names the store and holds no secret. */
export function storeError(cause: unknown, url: string): OnejobError {
  if (isOnejobError(cause)) return cause;
  const text = cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
  const { code, sentence, hint } = readingOf(cause, text);
  const message = `the store ${url} ${sentence.replace('%', text)}`;
  return new OnejobError(code, message, { cause, ...(hint === undefined ? {} : { hint }) });
}

export function closedError(url: string): OnejobError {
  return new OnejobError('STORE_UNAVAILABLE', `the store ${url} is closed`);
}

interface Reading {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly hint?: string;
}

function readingOf(cause: unknown, text: string): Reading {
  const number = numberOf(cause);
  const reading = bySocket[codeOf(cause)] ?? byNumber[number];
  if (reading !== undefined) return reading;
  if (number !== 0 && values.has(number))
    return { code: 'VALUE_REJECTED', sentence: 'refuses a value: %', hint: value };
  // JSON_TABLE reads what an aggregate gathered, which MariaDB cuts at that length.
  if (/group_concat_max_len/.test(text)) return byNumber[1260] as Reading;
  return {
    code: 'STORE_UNAVAILABLE',
    sentence: `does not answer: ${text}`,
    hint: 'check the server and the way to it',
  };
}

const away = 'start the server, or mend the way to it; work goes on by itself';
const login = 'correct user and password in the URL of the store';
const value = 'send another value';
const rights = 'grant it to the user of the store, or let an administrator run what onejob db migrate --sql prints';

const bySocket: Record<string, Reading> = {
  ECONNREFUSED: { code: 'STORE_UNAVAILABLE', sentence: 'refuses connections', hint: away },
  ETIMEDOUT: { code: 'STORE_UNAVAILABLE', sentence: 'does not answer', hint: away },
  ECONNRESET: { code: 'STORE_UNAVAILABLE', sentence: 'closed the connection', hint: away },
  EPIPE: { code: 'STORE_UNAVAILABLE', sentence: 'closed the connection', hint: away },
  PROTOCOL_CONNECTION_LOST: { code: 'STORE_UNAVAILABLE', sentence: 'closed the connection', hint: away },
  PROTOCOL_SEQUENCE_TIMEOUT: { code: 'STORE_UNAVAILABLE', sentence: 'does not answer', hint: away },
  ENOTFOUND: { code: 'STORE_UNAVAILABLE', sentence: 'has a host that no name server knows', hint: 'check the URL' },
  EAI_AGAIN: { code: 'STORE_UNAVAILABLE', sentence: 'has a host that no name server answers for', hint: away },
};

/** Numbers of the servers: dev.mysql.com/doc/mysql-errors, mariadb.com/kb/en/mariadb-error-code-reference. */
const byNumber: Record<number, Reading> = {
  1021: { code: 'STORE_UNAVAILABLE', sentence: 'has a full disk', hint: 'free some space; work goes on by itself' },
  1040: {
    code: 'STORE_UNAVAILABLE',
    sentence: 'has no connection free',
    hint: 'raise max_connections, or lower the pools',
  },
  1044: { code: 'CONFIG_INVALID', sentence: 'refuses a right: %', hint: rights },
  1045: { code: 'CONFIG_INVALID', sentence: 'refuses the login: %', hint: login },
  1049: { code: 'CONFIG_INVALID', sentence: 'names a database that the server does not have', hint: 'create it first' },
  1114: { code: 'STORE_UNAVAILABLE', sentence: 'has a full disk', hint: 'free some space; work goes on by itself' },
  1142: { code: 'CONFIG_INVALID', sentence: 'refuses a right: %', hint: rights },
  1143: { code: 'CONFIG_INVALID', sentence: 'refuses a right: %', hint: rights },
  1146: { code: 'CONFIG_INVALID', sentence: 'has no tables yet: %', hint: 'create them with: onejob db migrate' },
  1153: {
    code: 'VALUE_REJECTED',
    sentence: 'takes no packet of that size: %',
    hint: 'raise max_allowed_packet of the server',
  },
  1104: {
    code: 'CONFIG_INVALID',
    sentence: 'refuses large selects: %',
    hint: 'leave max_join_size and sql_big_selects at their defaults',
  },
  1175: {
    code: 'CONFIG_INVALID',
    sentence: 'is used with sql_safe_updates on',
    hint: 'give all connections of the pool the same, best off',
  },
  1205: {
    code: 'STORE_UNAVAILABLE',
    sentence: 'was locked for too long',
    hint: 'find the transaction that holds the lock, such as one of your own with { tx } that stays open',
  },
  1227: { code: 'CONFIG_INVALID', sentence: 'refuses a right: %', hint: rights },
  1260: {
    code: 'CONFIG_INVALID',
    sentence: 'cuts lists: its group_concat_max_len is too low',
    hint: 'leave group_concat_max_len at its default of 1M',
  },
  1290: { code: 'STORE_UNAVAILABLE', sentence: 'is read-only', hint: 'name the primary server, not a replica' },
  1305: { code: 'CONFIG_INVALID', sentence: 'has another schema than this code: %', hint: 'run: onejob db migrate' },
  1318: { code: 'CONFIG_INVALID', sentence: 'has another schema than this code: %', hint: 'run: onejob db migrate' },
  1317: { code: 'STORE_UNAVAILABLE', sentence: 'cancelled a statement: %', hint: 'see who kills statements there' },
  1370: { code: 'CONFIG_INVALID', sentence: 'refuses a right: %', hint: rights },
  1665: {
    code: 'CONFIG_INVALID',
    sentence: 'writes its binary log by statement, which cannot follow what onejob does',
    hint: 'set binlog_format to ROW or MIXED',
  },
  1792: {
    code: 'STORE_UNAVAILABLE',
    sentence: 'is read-only',
    hint: 'name the primary server, not a replica, and leave transaction_read_only off',
  },
  1836: { code: 'STORE_UNAVAILABLE', sentence: 'is read-only', hint: 'name the primary server, not a replica' },
  1969: {
    code: 'STORE_UNAVAILABLE',
    sentence: 'cancelled a statement: %',
    hint: 'raise max_statement_time of this user',
  },
  3024: {
    code: 'STORE_UNAVAILABLE',
    sentence: 'cancelled a statement: %',
    hint: 'raise max_execution_time of this user',
  },
};

/** What a server says of a value: null, range, length, character, date, JSON, a key that is there. */
const values = new Set([
  1048, 1062, 1105, 1118, 1264, 1292, 1364, 1366, 1406, 1586, 3140, 3141, 3156, 3819, 4025, 4038, 4078, 4174,
]);

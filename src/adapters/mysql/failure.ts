import { isOnejobError, type OnejobError } from '../../job/errors.ts';
import { codeOf, hints, readAs, type Reading, socketReadings, unknownReading } from '../sql/failure.ts';

/** The number of an error of the server, or 0. */
function numberOf(error: unknown): number {
  const number = (error as { errno?: unknown } | null | undefined)?.errno;
  return typeof number === 'number' && number > 0 ? number : 0;
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

/** Any error as one of ours. `url` names the store and holds no secret. */
export function storeError(cause: unknown, url: string): OnejobError {
  return isOnejobError(cause) ? cause : readAs(readingOf(cause), { cause, url });
}

function readingOf(cause: unknown): Reading {
  const number = numberOf(cause);
  const reading = socketReadings[codeOf(cause)] ?? byDriver[codeOf(cause)] ?? byNumber[number];
  if (reading !== undefined) return reading;
  if (number !== 0 && values.has(number))
    return { code: 'VALUE_REJECTED', sentence: 'refuses a value: %', hint: value };
  // JSON_TABLE reads what an aggregate gathered, which MariaDB cuts at that length.
  if (cause instanceof Error && cause.message.includes('group_concat_max_len')) return byNumber[1260] as Reading;
  return unknownReading;
}

const { away, login, value } = hints;
const rights = 'grant it to the user of the store, or let an administrator run what onejob db migrate --sql prints';

/** Codes of mysql2's own. */
const byDriver: Record<string, Reading> = {
  PROTOCOL_CONNECTION_LOST: { code: 'STORE_UNAVAILABLE', sentence: 'closed the connection', hint: away },
  PROTOCOL_SEQUENCE_TIMEOUT: { code: 'STORE_UNAVAILABLE', sentence: 'does not answer', hint: away },
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

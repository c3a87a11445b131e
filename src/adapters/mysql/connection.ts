import { OnejobError } from '../../job/errors.ts';
import { defaultAnswerMs, defaultMax, ServerCalls } from '../sql/server-calls.ts';
import type { Address } from './address.ts';
import { within } from './deadline.ts';
import { filledIn, type Names, named, type Value } from './dialect.ts';
import { openPool, type Pool, type PoolConnection } from './driver.ts';
import { isBroken, isCollision, isCrowded, isSpoiled, storeError } from './failure.ts';

export type Row = Record<string, unknown>;

/** One call is one message; it is repeated as a whole where that is safe and helps. */
export interface Connection {
  readonly names: Names;
  readonly url: string;
  /** The rows of one statement; `onejob_…` in it is the store's own. */
  query<R>(text: string, values: readonly Value[]): Promise<R[]>;
  /** Calls a procedure of the schema: the rows of each of its answers. */
  call(procedure: string, values: readonly Value[]): Promise<Row[][]>;
  /** Like `call` for a method that writes, with a failpoint before it and one behind it (protocol/journal#failpoints). */
  write(method: string, procedure: string, values: readonly Value[]): Promise<Row[][]>;
  /** `write` of what may take effect twice if it is delivered twice: not sent again over a connection that broke. */
  writeOnce(method: string, procedure: string, values: readonly Value[]): Promise<Row[][]>;
  /** Several statements, one after the other on one connection. */
  session<T>(work: (tell: (statement: string) => Promise<Row[]>) => Promise<T>): Promise<T>;
  /** What the server said of itself. */
  adaptTo(server: ServerTraits): void;
  /** Resolves when every call begun has settled. Idempotent. */
  close(): Promise<void>;
}

interface ServerTraits {
  /** No larger message reaches it (`max_allowed_packet`). */
  readonly largestMessage: number;
  /** Is written before each call, for settings that hold only during the call. */
  readonly beforeCalls: string;
}

export interface ConnectionOptions {
  readonly address: Address;
  readonly pool?: Pool | undefined;
  readonly max?: number | undefined;
  readonly timeoutMs?: number;
}

const failures = { isCollision, isCrowded, isBroken, storeError, collisions: 30 };

export async function openConnection({
  address,
  pool,
  max = defaultMax,
  timeoutMs = defaultAnswerMs,
}: ConnectionOptions): Promise<Connection> {
  const driver = pool ?? (await openPool(address, max));
  const { shown: url, names } = address;
  const calls = new ServerCalls(url, failures);
  let traits: ServerTraits = { largestMessage: Infinity, beforeCalls: '' };

  const roundTrip = async (sql: string, values: readonly Value[]): Promise<Row[][]> => {
    const text = filledIn(sql, values);
    if (text.length > traits.largestMessage) throw tooLarge(url, text.length, traits.largestMessage);
    const question = { sql: text, ...plainly };
    return using(driver, async (connection) => answersOf((await within(timeoutMs, connection.query(question)))[0]));
  };
  const callOf = (procedure: string, values: readonly Value[]) =>
    named(`${traits.beforeCalls}call onejob_${procedure}(${values.map(() => '?').join(', ')})`, names);
  const write = (method: string, procedure: string, values: readonly Value[], isOnce = false) =>
    calls.begin(() => calls.write(method, () => roundTrip(callOf(procedure, values), values), isOnce), asTheyAre);

  return {
    names,
    url,
    query: <R>(text: string, values: readonly Value[]) =>
      calls.begin(
        () => calls.send(() => roundTrip(named(text, names), values)),
        ([rows]) => rows as R[],
      ),
    call: (procedure, values) =>
      calls.begin(() => calls.send(() => roundTrip(callOf(procedure, values), values)), asTheyAre),
    write: (method, procedure, values) => write(method, procedure, values),
    writeOnce: (method, procedure, values) => write(method, procedure, values, true),
    session: (work) =>
      calls.begin(
        () =>
          using(driver, (connection) =>
            work(async (sql) => answersOf((await connection.query({ sql, ...plainly }))[0])[0] ?? []),
          ),
        asTheyAre,
      ),
    adaptTo(server) {
      traits = server;
    },
    close: () => calls.close(async () => (pool === undefined ? driver.end() : undefined)),
  };
}

function asTheyAre<T>(answers: T): T {
  return answers;
}

/** However the pool of a user is set, we get objects with numbers, texts and buffers. */
const plainly = { rowsAsArray: false, namedPlaceholders: false, typeCast: true } as const;

async function using<T>(driver: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  const connection = await driver.getConnection();
  let spoiled = false;
  try {
    return await work(connection);
  } catch (error) {
    spoiled = isSpoiled(error);
    throw error;
  } finally {
    if (spoiled) connection.destroy();
    else connection.release();
  }
}

/** A procedure answers lists of rows and at last a header; a statement one list, or only a header. */
function answersOf(answer: unknown): Row[][] {
  if (!Array.isArray(answer)) return [];
  const lists = answer.filter(Array.isArray) as Row[][];
  return lists.length > 0 ? lists : [answer.filter((row) => !isHeader(row)) as Row[]];
}

function isHeader(row: unknown): boolean {
  return (row as { constructor?: { name?: string } }).constructor?.name === 'ResultSetHeader';
}

function tooLarge(url: string, size: number, largest: number): OnejobError {
  return new OnejobError(
    'VALUE_REJECTED',
    `the store ${url} takes messages of up to ${largest} bytes, and this one has ${size}`,
    { hint: 'raise max_allowed_packet of the server, or send less at once' },
  );
}

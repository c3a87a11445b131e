import { setTimeout as sleep } from 'node:timers/promises';
import { OnejobError } from '../../job/errors.ts';
import { failpoint } from '../../std/failpoint.ts';
import type { Address } from './address.ts';
import { within } from './deadline.ts';
import { filledIn, type Names, named, type Value } from './dialect.ts';
import { openPool, type Pool, type PoolConnection } from './driver.ts';
import { closedError, isBroken, isCollision, isCrowded, isSpoiled, storeError } from './failure.ts';

export type Row = Record<string, unknown>;

/** One call is one message; it is repeated as a whole where that is safe and helps. */
export interface Connection {
  readonly names: Names;
  readonly url: string;
  /** The rows of one statement; `onejob_…` in it is the store's own. */
  query<R>(text: string, values: readonly Value[]): Promise<R[]>;
  /** Calls a procedure of the schema: the rows of each of its answers. */
  call(procedure: string, values: readonly Value[]): Promise<Row[][]>;
  /** Like `call` for a method that writes, with the failpoints of STORE §8. */
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
  /** Stands before each call, for what only holds during it. */
  readonly beforeCalls: string;
}

export interface ConnectionOptions {
  readonly address: Address;
  readonly pool?: Pool | undefined;
  readonly max?: number | undefined;
  readonly timeoutMs?: number;
}

/** Far beyond any call of the port; a way to the server that swallows packets is given up after that. */
const answerMs = 30_000;
const collisions = 30;
/** About 5 s in all: so long the server may have no connection free before that is an outage. */
const crowded = 20;
/** Groups of records, groups of output, claims and heartbeats, and one to read: more would only crowd the server. */
const defaultMax = 4;

export async function openConnection({
  address,
  pool,
  max = defaultMax,
  timeoutMs = answerMs,
}: ConnectionOptions): Promise<Connection> {
  const driver = pool ?? (await openPool(address, max));
  const { shown: url, names } = address;
  const begun = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;
  let traits: ServerTraits = { largestMessage: Infinity, beforeCalls: '' };

  const query = async (sql: string, values: readonly Value[]): Promise<Row[][]> => {
    const text = filledIn(sql, values);
    if (text.length > traits.largestMessage) throw tooLarge(url, text.length, traits.largestMessage);
    const question = { sql: text, ...plainly };
    return using(driver, async (connection) => answersOf((await within(timeoutMs, connection.query(question)))[0]));
  };
  const retryUntilAvailable = async <T>(work: () => Promise<T>, isOnce = false): Promise<T> => {
    for (let failures = 0; ; failures++) {
      try {
        return await work();
      } catch (error) {
        // An idle connection that broke is noticed only now, and the next one is new; a second failure is an outage.
        if (isCollision(error) && failures < collisions) await sleep(Math.random() * 2 * (failures + 1));
        else if (isCrowded(error) && failures < crowded) await sleep(100 + Math.random() * 300);
        else if (isOnce || !isBroken(error) || failures > 0) throw error;
      }
    }
  };
  const begin = <T>(work: () => Promise<T>): Promise<T> => {
    if (closed !== undefined) return Promise.reject(closedError(url));
    const settled = work().catch((error: unknown) => {
      throw storeError(error, url);
    });
    begun.add(settled);
    const forget = () => begun.delete(settled);
    settled.then(forget, forget);
    return settled;
  };
  const callOf = (procedure: string, values: readonly Value[]) =>
    named(`${traits.beforeCalls}call onejob_${procedure}(${values.map(() => '?').join(', ')})`, names);
  const write = async (method: string, procedure: string, values: readonly Value[], isOnce = false) => {
    await failpoint(`store.${method}.before`);
    const answers = await retryUntilAvailable(() => query(callOf(procedure, values), values), isOnce);
    await failpoint(`store.${method}.committed`);
    return answers;
  };

  return {
    names,
    url,
    query: <R>(text: string, values: readonly Value[]) =>
      begin(async () => (await retryUntilAvailable(() => query(named(text, names), values)))[0] as R[]),
    call: (procedure, values) => begin(() => retryUntilAvailable(() => query(callOf(procedure, values), values))),
    write: (method, procedure, values) => begin(() => write(method, procedure, values)),
    writeOnce: (method, procedure, values) => begin(() => write(method, procedure, values, true)),
    session: (work) =>
      begin(() =>
        using(driver, (connection) =>
          work(async (sql) => answersOf((await connection.query({ sql, ...plainly }))[0])[0] ?? []),
        ),
      ),
    adaptTo(server) {
      traits = server;
    },
    close() {
      closed ??= Promise.allSettled(begun).then(() => (pool === undefined ? driver.end() : undefined));
      return closed;
    },
  };
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

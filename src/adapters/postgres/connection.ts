import { setTimeout as sleep } from 'node:timers/promises';
import { failpoint } from '../../std/failpoint.ts';
import type { Address } from './address.ts';
import { openPool, type Pool } from './driver.ts';
import { closedError, isBroken, isCollision, isCrowded, storeError } from './failure.ts';

/** One call is one message; it is repeated as a whole where that is safe and helps. */
export interface Connection {
  /** Quoted. */
  readonly schema: string;
  readonly url: string;
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** Like `query` for a method that writes, with the failpoints of STORE §8. */
  write<Row>(method: string, text: string, values: readonly unknown[]): Promise<Row[]>;
  /** `write` of what may take effect twice if it is delivered twice: not sent again over a connection that broke. */
  writeOnce<Row>(method: string, message: Message): Promise<Row[]>;
  /** `write` of what is said only when its turn has come; it counts as begun at once. */
  writeInSequence<Row>(method: string, turn: () => Promise<Message>): Promise<Row[]>;
  /** Several statements without parameters; the server takes them as one transaction. The last one's first row. */
  script<Row>(text: string): Promise<Row | undefined>;
  /** Resolves when every call begun has settled. Idempotent. */
  close(): Promise<void>;
}

export interface Message {
  readonly text: string;
  readonly values: readonly unknown[];
  /** As `writeOnce`. */
  readonly isOnce?: boolean;
}

export interface ConnectionOptions {
  readonly address: Address;
  readonly pool?: Pool | undefined;
  readonly max?: number | undefined;
  readonly timeoutMs?: number;
}

/** Far beyond any call of the port; a way to the server that swallows packets is given up after that. */
const answerMs = 30_000;
const collisions = 20;
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
  const types = { getTypeParser: parserOf };
  const { shown: url, schema } = address;
  const calls = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;

  const send = async <Row>(text: string, values: readonly unknown[] | undefined, isOnce = false): Promise<Row[]> => {
    for (let failures = 0; ; failures++) {
      try {
        const question = { text, types, query_timeout: timeoutMs, ...(values && { values }) };
        const answer = await driver.query(question);
        return (Array.isArray(answer) ? answer.at(-1) : answer).rows as Row[];
      } catch (error) {
        // An idle connection that broke is noticed only now, and the next one is new; a second failure is an outage.
        if (isCollision(error) && failures < collisions) await sleep(Math.random() * 2 * (failures + 1));
        else if (isCrowded(error) && failures < crowded) await sleep(100 + Math.random() * 300);
        else if (isOnce || !isBroken(error) || failures > 0) throw error;
      }
    }
  };
  const call = <Row>(work: () => Promise<Row[]>): Promise<Row[]> => {
    if (closed !== undefined) return Promise.reject(closedError(url));
    const settled = work().catch((error: unknown) => {
      throw storeError(error, url);
    });
    calls.add(settled);
    settled.then(
      () => calls.delete(settled),
      () => calls.delete(settled),
    );
    return settled;
  };

  const write = async <Row>(method: string, { text, values, isOnce }: Message): Promise<Row[]> => {
    await failpoint(`store.${method}.before`);
    const rows = await send<Row>(text, values, isOnce);
    await failpoint(`store.${method}.committed`);
    return rows;
  };

  return {
    schema,
    url,
    query: (text, values) => call(() => send(text, values)),
    write: (method, text, values) => call(() => write(method, { text, values })),
    writeOnce: (method, message) => call(() => write(method, { ...message, isOnce: true })),
    writeInSequence: (method, turn) => call(async () => write(method, await turn())),
    script: async <Row>(text: string) => (await call(() => send<Row>(text, undefined)))[0],
    close() {
      closed ??= Promise.allSettled(calls).then(() => (pool === undefined ? driver.end() : undefined));
      return closed;
    },
  };
}

/** Counters and instants are bigint in the database and stay far below 2^53. All else is parsed where it is read. */
function parserOf(oid: number): (text: string) => unknown {
  return parsers[oid] ?? String;
}

const parsers: Record<number, (text: string) => unknown> = {
  16: (text) => text === 't',
  20: Number,
  21: Number,
  23: Number,
  114: (text) => JSON.parse(text) as unknown,
  701: Number,
};

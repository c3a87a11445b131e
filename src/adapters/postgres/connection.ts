import { defaultAnswerMs, defaultMax, ServerCalls } from '../sql/server-calls.ts';
import type { Address } from './address.ts';
import { openPool, type Pool } from './driver.ts';
import { isBroken, isCollision, isCrowded, storeError } from './failure.ts';

/** One call is one message; it is repeated as a whole where that is safe and helps. */
export interface Connection {
  /** Quoted. */
  readonly schema: string;
  readonly url: string;
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** Like `query` for a method that writes, with a failpoint before it and one behind it (protocol/journal#failpoints). */
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
  /** It is not sent again over a connection that broke: it could take twice. */
  readonly isOnce?: boolean;
}

export interface ConnectionOptions {
  readonly address: Address;
  readonly pool?: Pool | undefined;
  readonly max?: number | undefined;
  readonly timeoutMs?: number;
}

const failures = { isCollision, isCrowded, isBroken, storeError, collisions: 20 };

export async function openConnection({
  address,
  pool,
  max = defaultMax,
  timeoutMs = defaultAnswerMs,
}: ConnectionOptions): Promise<Connection> {
  const driver = pool ?? (await openPool(address, max));
  const { shown: url, schema } = address;
  const calls = new ServerCalls(url, failures);
  const roundTrip = ({ text, values }: Question) =>
    driver.query({ text, types, query_timeout: timeoutMs, ...(values && { values }) });
  const read = <Row>(question: Question) => calls.begin(() => calls.send(() => roundTrip(question)), rowsOf<Row>);
  const write = (method: string, message: Message) => calls.write(method, () => roundTrip(message), message.isOnce);

  return {
    schema,
    url,
    query: (text, values) => read({ text, values }),
    write: <Row>(method: string, text: string, values: readonly unknown[]) =>
      calls.begin(() => write(method, { text, values }), rowsOf<Row>),
    writeOnce: <Row>(method: string, message: Message) =>
      calls.begin(() => write(method, { ...message, isOnce: true }), rowsOf<Row>),
    writeInSequence: <Row>(method: string, turn: () => Promise<Message>) =>
      calls.begin(async () => write(method, await turn()), rowsOf<Row>),
    script: async <Row>(text: string) => (await read<Row>({ text }))[0],
    close: () => calls.close(async () => (pool === undefined ? driver.end() : undefined)),
  };
}

interface Question {
  readonly text: string;
  readonly values?: readonly unknown[];
}

type Answer = Awaited<ReturnType<Pool['query']>>;

/** Of several statements the driver answers a list, and ours is the last. */
function rowsOf<Row>(answer: Answer): Row[] {
  return (Array.isArray(answer) ? (answer as Answer[]).at(-1) : answer)?.rows as Row[];
}

/** Counters and instants are bigint in the database and stay far below 2^53. All else is parsed where it is read. */
const types = { getTypeParser: parserOf };

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

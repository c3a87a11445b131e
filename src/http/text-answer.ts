import type { ServerResponse } from 'node:http';
import { isAscii } from './header-bytes.ts';
import { knownNames } from './header-case.ts';

/** What a route answers. */
export type AnyAnswer = Response | TextAnswer;

/**
 * An answer whose body is a text that is known at once, for our own server, which writes it in one piece; to anybody
 * else goes `wholeOf` it. It is no `Response`: that makes a stream of each body (21 µs, and as much again to read it),
 * and without one its headers still cost four times what a map does.
 */
export class TextAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Map<string, string>;
  readonly content: string;

  constructor(content: string, { status, headers }: TextAnswerInit) {
    this.content = content;
    this.status = status;
    this.headers = headersOf(headers);
  }
}

interface TextAnswerInit {
  readonly status: number;
  /** In any case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes a `Response` of any answer. */
export function wholeOf(answer: AnyAnswer): Response {
  if (!(answer instanceof TextAnswer)) return answer;
  return new Response(answer.content, { status: answer.status, headers: [...answer.headers] });
}

/** For Hono, which only hands an answer on to whoever asked for it, but has a type for it. */
export function handedOn(answer: AnyAnswer): Response {
  return answer as Response;
}

/** Node joins a text to the head in front of it and writes both as UTF-8, which a head of other bytes would not survive. */
export function writeText({ status, headers, content }: TextAnswer, response: ServerResponse): void {
  const named = knownNames([...headers].toSorted(byName)); // in the order of `Headers`
  response.writeHead(status, named);
  response.end(Object.values(named).every(isAscii) ? content : Buffer.from(content));
}

/** A name that comes twice, in whatever case, is one header with both values, as in `Headers`. */
function headersOf(record: Readonly<Record<string, string>>): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(record)) {
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

import type { ServerResponse } from 'node:http';
import { isAscii } from './header-bytes.ts';
import { knownNames } from './header-case.ts';

/**
 * An answer whose body is a text that is known at once. A `Response` makes a stream of each body: to build it costs ten
 * times as much as one without (21 µs against 2), and to read it as much again. So this one has none, and is for our
 * own server, which writes the text in one piece; to anybody else goes `wholeOf` it.
 */
export class TextAnswer extends Response {
  readonly content: string;

  constructor(content: string, init: ResponseInit) {
    super(null, init);
    this.content = content;
  }
}

/** The same as a response like any other. */
export function wholeOf(response: Response): Response {
  return response instanceof TextAnswer ? new Response(response.content, response) : response;
}

/** Node joins a text to the head in front of it and writes both as UTF-8, which a head of other bytes would not survive. */
export function writeText({ status, headers, content }: TextAnswer, response: ServerResponse): void {
  const named = knownNames(headers);
  response.writeHead(status, named);
  response.end(Object.values(named).every(isAscii) ? content : Buffer.from(content));
}

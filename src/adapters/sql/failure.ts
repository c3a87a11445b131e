import { type ErrorCode, OnejobError } from '../../job/errors.ts';

/** What an error of a server means to us. A `%` in the sentence stands for what the server said. */
export interface Reading {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly hint?: string;
}

export const hints = {
  away: 'start the server, or mend the way to it; work goes on by itself',
  login: 'correct user and password in the URL of the store',
  value: 'send another value',
} as const;

/** By the code that Node gives to an error of the socket. */
export const socketReadings: Readonly<Record<string, Reading>> = {
  ECONNREFUSED: { code: 'STORE_UNAVAILABLE', sentence: 'refuses connections', hint: hints.away },
  ETIMEDOUT: { code: 'STORE_UNAVAILABLE', sentence: 'does not answer', hint: hints.away },
  ECONNRESET: { code: 'STORE_UNAVAILABLE', sentence: 'closed the connection', hint: hints.away },
  EPIPE: { code: 'STORE_UNAVAILABLE', sentence: 'closed the connection', hint: hints.away },
  ENOTFOUND: { code: 'STORE_UNAVAILABLE', sentence: 'has a host that no name server knows', hint: 'check the URL' },
  EAI_AGAIN: { code: 'STORE_UNAVAILABLE', sentence: 'has a host that no name server answers for', hint: hints.away },
};

/** Of an error that no table names. */
export const unknownReading: Reading = {
  code: 'STORE_UNAVAILABLE',
  sentence: 'does not answer: %',
  hint: 'check the server and the way to it',
};

/** An error as one of ours, with one sentence that says what to do. `url` names the store and holds no secret. */
export function readAs(
  { code, sentence, hint }: Reading,
  { cause, url }: { cause: unknown; url: string },
): OnejobError {
  const text = cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
  const message = `the store ${url} ${sentence.replace('%', () => text)}`;
  return new OnejobError(code, message, { cause, ...(hint === undefined ? {} : { hint }) });
}

export function closedError(url: string): OnejobError {
  return new OnejobError('STORE_UNAVAILABLE', `the store ${url} is closed`);
}

/** The code of an error: Node's own of a socket, a driver's own, or an SQLSTATE. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

import { STATUS_CODES } from 'node:http';
import { errorTable, isErrorCode, isOnejobError, OnejobError } from '../job/errors.ts';
import { readFailure } from '../job/failure.ts';
import { statusOf } from './status.ts';

/** A request that is wrong as HTTP, which has more words for that than the table of errors: 404, 405, 406, 415. */
export class Refusal extends OnejobError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, { hint, headers = {} }: RefusalOptions) {
    super('USAGE', message, hint === undefined ? {} : { hint });
    this.status = status;
    this.headers = headers;
  }
}

interface RefusalOptions {
  readonly hint?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function refuse(status: number, message: string, options: RefusalOptions = {}): Refusal {
  return new Refusal(status, message, options);
}

/**
 * An error as RFC 9457 writes it; `code` and `hint` are ours. What is no error of ours is not shown to strangers.
 * Whoever may try again is told so by `Retry-After`.
 */
export function problem(error: unknown, requestId: string): Response {
  const status = error instanceof Refusal ? error.status : statusOf(error, 'api');
  const { failure } = readFailure(error);
  const isOurs = isOnejobError(error);
  const code = isOurs ? failure.code : 'INTERNAL';
  const body = {
    ...kindOf(error, code, status),
    status,
    detail: isOurs ? failure.message : 'an error of the server itself; its log says more',
    code,
    ...(isOurs && error.hint !== undefined && { hint: error.hint }),
    ...(isOurs && failure.data !== undefined && { data: failure.data }),
    requestId,
  };
  const headers: Record<string, string> = { 'Content-Type': 'application/problem+json' };
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
  if (status === 503) headers['Retry-After'] = '1';
  const own = error instanceof Refusal ? error.headers : {};
  return new Response(JSON.stringify(body), { status, headers: { ...headers, ...own } });
}

function kindOf(error: unknown, code: string, status: number): { type: string; title: string } {
  if (error instanceof Refusal || !isErrorCode(code)) return { type: 'about:blank', title: STATUS_CODES[status] ?? '' };
  return { type: `urn:onejob:error:${code}`, title: errorTable[code].meaning };
}

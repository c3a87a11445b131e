import { isOnejobError } from '../job/errors.ts';
import { readFailure } from '../job/failure.ts';
import { statusOf } from './status.ts';

/** An error as RFC 9457 writes it; `code` and `hint` are ours. What is no error of ours is not shown to strangers. */
export function problem(error: unknown, requestId: string): Response {
  const status = statusOf(error, 'api');
  const { failure } = readFailure(error);
  const body = {
    type: 'about:blank',
    title: isOnejobError(error) ? failure.code : 'INTERNAL',
    status,
    detail: isOnejobError(error) ? failure.message : 'an error of the server itself; its log says more',
    code: isOnejobError(error) ? failure.code : 'INTERNAL',
    ...(isOnejobError(error) && error.hint !== undefined && { hint: error.hint }),
    ...(failure.data !== undefined && { data: failure.data }),
    requestId,
  };
  const headers: Record<string, string> = { 'Content-Type': 'application/problem+json' };
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
  if (status === 503) headers['Retry-After'] = '1';
  return new Response(JSON.stringify(body), { status, headers });
}

import { OnejobError } from '../job/errors.ts';
import { isHeaderName, isHeaderValue } from '../job/header.ts';
import { importedHeader } from '../job/imported.ts';
import type { StoredRequest } from '../job/run.ts';
import type { Headers } from './run-request.ts';

export interface SentRequest {
  readonly headers: Headers | undefined;
  /** Undefined where it is not kept. */
  readonly body: string | Uint8Array | undefined;
}

/**
 * What is kept of a request, null for nothing. Headers are kept but for those that carry secrets, ours and those of the
 * configuration (contract EGO-28), and that of an import, by which a caller could pass over steps.
 *
 * @throws USAGE, PAYLOAD_TOO_LARGE
 */
export function storedRequest(
  { headers = [], body }: SentRequest,
  { maxBytes, redact }: { readonly maxBytes: number; readonly redact: readonly string[] },
): StoredRequest | null {
  const secret = (name: string) => secretHeaders.has(name) || redact.some((each) => each.toLowerCase() === name);
  for (const header of headers) checkHeader(header);
  const kept = headers.map(([name, value]) => [name, value] as const).filter(([name]) => !secret(name.toLowerCase()));
  if (kept.length === 0 && body === undefined) return null;
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array))
    throw new OnejobError('USAGE', 'the body of a request is a text or bytes');
  if (body !== undefined && Buffer.byteLength(body) > maxBytes) {
    throw new OnejobError('PAYLOAD_TOO_LARGE', `the data is larger than the limit of ${maxBytes} bytes`);
  }
  return typeof body === 'object'
    ? { headers: kept, body: Buffer.from(body).toString('base64'), encoding: 'base64' }
    : { headers: kept, body: body ?? null, encoding: 'utf8' };
}

/** Checks what `Headers` will check when the job reads its request: there it would fail the run. */
function checkHeader([name, value]: readonly [string, string]): void {
  if (isHeaderName(name) && isHeaderValue(value)) return;
  const what = isHeaderName(name)
    ? `the value of the header ${name} is no text of one line`
    : `${JSON.stringify(name)} cannot be the name of a header`;
  throw new OnejobError('USAGE', what, {
    hint: 'a name is made of letters, digits and hyphens, a value of one line',
  });
}

const secretHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', importedHeader]);

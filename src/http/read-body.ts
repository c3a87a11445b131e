import { OnejobError } from '../job/errors.ts';

/**
 * The text of a body, read no further than the limit allows: what a caller may send on is never held (CONTRACTS EGO-17).
 * @throws PAYLOAD_TOO_LARGE, USAGE where it is not UTF-8
 */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  if (!request.body) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new OnejobError('USAGE', 'the body is not UTF-8 text');
  }
}

function tooLarge(maxBytes: number): OnejobError {
  return new OnejobError('PAYLOAD_TOO_LARGE', `the body is larger than the limit of ${maxBytes} bytes`, {
    hint: 'put what is large where the job can fetch it, and send its place',
  });
}

import { OnejobError } from '../job/errors.ts';

/**
 * All bytes of the body, none where there is none. What announces itself as larger than the limit is not read at all,
 * and of what does not the reading ends there (contract EGO-17).
 * @throws PAYLOAD_TOO_LARGE; what the connection broke with
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const announced = request.headers.get('content-length');
  if (announced !== null) {
    if (Number(announced) > maxBytes) throw tooLarge(maxBytes);
    return new Uint8Array(await request.arrayBuffer()); // the server sees to it that no more comes
  }
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      void reader.cancel().catch(() => undefined);
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
}

/** The body as text; its bytes where that text could not be stored. */
export function textOrBytes(body: Uint8Array): string | Uint8Array {
  try {
    const text = decoder.decode(body);
    return text.includes('\u0000') ? body : text;
  } catch {
    return body;
  }
}

function tooLarge(maxBytes: number): OnejobError {
  return new OnejobError('PAYLOAD_TOO_LARGE', `the body is larger than the limit of ${maxBytes} bytes`, {
    hint: 'limits.value is the setting',
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

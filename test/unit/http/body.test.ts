import { describe, expect, test } from 'vitest';
import { readBody, textOrBytes } from '../../../src/http/body.ts';

/** A body of so many bytes that announces nothing, and counts how many of them were asked for. */
function streamed(bytes: number): { request: Request; readonly read: number } {
  let read = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (read >= bytes) return controller.close();
      const size = Math.min(1_000, bytes - read);
      read += size;
      controller.enqueue(new Uint8Array(size));
    },
  });
  const request = new Request('http://localhost/', { method: 'POST', body, duplex: 'half' });
  return {
    request,
    get read() {
      return read;
    },
  };
}

describe('the body of a request', () => {
  test('is read up to the limit, announced or not', async () => {
    expect(await readBody(new Request('http://localhost/', { method: 'POST', body: 'abc' }), 3)).toHaveLength(3);
    expect(await readBody(streamed(10_000).request, 10_000)).toHaveLength(10_000);
    expect(await readBody(new Request('http://localhost/', { method: 'POST' }), 3)).toHaveLength(0);
  });

  test('EGO-17 over the limit is refused, and what is behind it is not read', async () => {
    const headers = { 'content-length': '4' };
    const announced = new Request('http://localhost/', { method: 'POST', body: 'abcd', headers });
    await expect(readBody(announced, 3)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(announced.bodyUsed).toBe(false);
    const endless = streamed(1e12);
    await expect(readBody(endless.request, 10_000)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(endless.read).toBeLessThan(20_000);
  });

  test('EGO-9 is text where a store can hold it, else bytes', () => {
    expect(textOrBytes(Buffer.from('张三'))).toBe('张三');
    expect(textOrBytes(Buffer.from('\ufeff{}'))).toBe('\ufeff{}');
    for (const bytes of [Uint8Array.of(0xff, 0xfe), Uint8Array.of(0x61, 0x00)]) expect(textOrBytes(bytes)).toBe(bytes);
  });
});

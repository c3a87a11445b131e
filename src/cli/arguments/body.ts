import { readFile } from 'node:fs/promises';
import { usage } from './flag.ts';
import type { Flags } from './flags.ts';

/**
 * The body of the request (contract EGO-5): `--job-data` as it stands; `--data` too, but `@FILE` is the content of
 * that file, `-` standard input, and `@@` a literal `@`. Undefined where neither is given.
 *
 * @throws USAGE when it cannot be read, or is not UTF-8
 */
export async function readBody(flags: Flags): Promise<string | undefined> {
  const plain = flags.text('job-data');
  const data = flags.text('data');
  if (plain !== undefined && data !== undefined)
    usage('--data and --job-data are the same thing twice: give one of them');
  if (plain !== undefined || data === undefined) return plain;
  if (data === '-') return decode(await readAll(process.stdin), 'standard input');
  if (data.startsWith('@@')) return data.slice(1);
  if (!data.startsWith('@')) return data;
  const file = data.slice(1);
  return decode(await readBytes(file), file);
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    return usage(
      `--data @${file} cannot be read: ${(cause as Error).message}`,
      'a literal @ at the beginning is written @@, or given by --job-data',
    );
  }
}

async function readAll(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}

/** A body is kept as text; wrong bytes are refused here, for they would come back as other bytes. */
function decode(bytes: Uint8Array, from: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return usage(`--data: ${from} is not UTF-8 text`);
  }
}

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Some lines of a file, without their line ends, and how many bytes of it have been read from disk so far. */
export interface Lines {
  lines: string[];
  bytesRead: number;
}

/** A longer line is cut: no server writes one, and a file without line ends must not fill the memory. */
export const MAX_LINE = 1024 * 1024;

const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a file, unpacked when its name ends in `.gz`, in batches of whole lines: a promise for a thousand lines, since
 * a promise for each costs more than to parse it.
 *
 * The text is Latin-1, one character a byte: the fastest to decode, and no character can be cut in two between chunks.
 * `fromLatin1` gives back what was written. Throws an error that names the file (zlib's own do not), its `cause` that of
 * `node:fs` or `node:zlib`; or the signal's reason.
 */
export async function* readLines(file: string, signal?: AbortSignal): AsyncGenerator<Lines> {
  signal?.throwIfAborted();
  const source = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const chunks: AsyncIterable<Buffer> = file.endsWith('.gz')
    ? pipeline(source, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) // the error reaches the loop below
    : source;
  let rest = '';
  let cut = false; // the rest is the head of a line that is too long; drop up to its end
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      const lines = chunk.toString('latin1').split('\n');
      if (cut) lines[0] = '';
      lines[0] = rest + lines[0];
      rest = lines.pop() ?? '';
      cut = rest.length > MAX_LINE || (cut && lines.length === 0);
      if (cut) rest = rest.slice(0, MAX_LINE);
      if (lines.length > 0) yield { lines, bytesRead: source.bytesRead };
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (rest !== '') yield { lines: [rest], bytesRead: source.bytesRead };
}

/** The text whose UTF-8 bytes `readLines` handed over as characters. */
export function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}

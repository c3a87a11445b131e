import { isErrorCode, OnejobError } from '../../job/errors.ts';
import type { Clock } from '../../std/clock.ts';
import type { LineView } from '../views/json-views.ts';
import type { LinesOptions, TailedLine } from '../client/run-reader.ts';
import { Patience } from './patience.ts';
import { lineOfView } from './read-views.ts';
import type { ServerLink } from './server-link.ts';

export interface LineSource {
  readonly link: ServerLink;
  readonly clock: Clock;
  readonly isOver: (ref: string) => Promise<boolean>;
}

/**
 * The output of a run on a server. A connection that is cut while it is followed is made anew behind the last line that
 * came, for half a minute: a server that is started again is no reason to stop looking.
 */
export async function* followLines(source: LineSource, ref: string, options: LinesOptions): AsyncGenerator<TailedLine> {
  const { follow = false, signal } = options;
  let offset = String(options.after ?? 0);
  const patience = new Patience(source.clock);
  for (;;) {
    try {
      for await (const line of read(source, ref, { offset, follow, signal, patience })) {
        offset = line.offset;
        yield line;
      }
      // A proxy may end an answer as if it were whole.
      if (!follow || signal?.aborted || (await source.isOver(ref))) return;
      patience.seen();
    } catch (error) {
      if (signal?.aborted) return;
      if (!follow) throw error;
      await patience.forgive(error);
    }
  }
}

/** @throws what the server says in place of a line: why there are no more for now */
function lineOf(text: string): TailedLine {
  const view = JSON.parse(text) as LineView | { readonly error: { readonly code: string; readonly message: string } };
  if (!('error' in view)) return lineOfView(view);
  const { code, message } = view.error;
  throw new OnejobError(isErrorCode(code) ? code : 'SERVER_UNAVAILABLE', message);
}

interface Reading {
  readonly offset: string;
  readonly follow: boolean;
  readonly signal: AbortSignal | undefined;
  readonly patience: Patience;
}

async function* read(
  { link }: LineSource,
  ref: string,
  { offset, follow, signal, patience }: Reading,
): AsyncGenerator<TailedLine> {
  const response = await link.open('GET', `/runs/${encodeURIComponent(ref)}/logs`, {
    query: { offset, follow: String(follow) },
    headers: { Accept: 'application/x-ndjson' },
    signal,
  });
  patience.seen();
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of link.bytesOf(response, signal)) {
    const texts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = texts.pop() ?? '';
    // Empty lines only say that the server is there.
    for (const text of texts) if (text !== '') yield lineOf(text);
  }
}

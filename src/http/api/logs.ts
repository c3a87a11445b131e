import { lineView } from '../../app/views/json-views.ts';
import { parseOffset } from '../../app/client/log-offset.ts';
import { prettyLine } from '../../app/logging/log-line.ts';
import type { StoreClient } from '../../app/client/store-client.ts';
import type { TailedLine } from '../../app/client/run-reader.ts';
import { isOnejobError } from '../../job/errors.ts';
import type { Log } from '../../ports/log.ts';
import { refuse } from '../problem.ts';
import { mediaTypeOf } from './accept.ts';
import { defineRoute, type Answer } from './route.ts';
import { line, ref } from './schemas.ts';
import { streamOf } from './stream.ts';

const types = ['text/plain', 'text/event-stream', 'application/x-ndjson'] as const;
type MediaType = (typeof types)[number];

const offset = {
  type: 'string',
  pattern: '^\\d{1,15}(\\.\\d{1,9})?$',
  description: 'only what comes behind this place: `offset` or `seq` of a line',
} as const;

const answer: Answer = {
  description:
    'the lines: as texts, as server-sent events whose id is the offset, or as JSON, a line each; a last one with `error` says why there are no more for now',
  content: {
    'text/plain': { type: 'string' },
    'text/event-stream': {
      type: 'string',
      description: 'data is a line as JSON; `event: end` closes a finished run, `cut` a log that could not be sent on',
    },
    'application/x-ndjson': line,
  },
};

export const readLogs = defineRoute({
  method: 'GET',
  path: '/runs/{ref}/logs',
  id: 'readLogs',
  summary: 'What a run logged and printed, so far or live',
  right: 'read',
  params: { ref },
  query: {
    offset,
    follow: { type: 'boolean', description: 'go on until the run ends; server-sent events do so unless told not to' },
  },
  headers: {
    accept: { type: 'string', maxLength: 1_000, description: types.join(', ') },
    'last-event-id': { type: 'string', maxLength: 40, description: 'as `offset`, from a browser that comes again' },
  },
  answers: {
    200: answer,
    204: { description: 'to a browser that comes again after the end: there is no more' },
    406: { description: 'there is no such form' },
  },
  async handle({ app, client, params, query, headers, request }) {
    const type = mediaTypeOf(headers.accept, types);
    if (type === undefined)
      throw refuse(406, `there is no ${headers.accept}`, { hint: `there is ${types.join(', ')}` });
    const { id } = await client.find(params.ref);
    const last = type === 'text/event-stream' ? headers['last-event-id'] : undefined;
    if (last?.endsWith(endMark)) return new Response(null, { status: 204 });
    const after = last ?? query.offset ?? '0';
    parseOffset(after);
    const gone = new AbortController();
    const signal = AbortSignal.any([request.signal, gone.signal]);
    const follow = query.follow ?? type === 'text/event-stream';
    const pages = app.client.pages(id, { after, follow, signal });
    const texts =
      type === 'text/event-stream' ? events(pages, { id, client: app.client, after, follow }) : plain(pages, type);
    const body = streamOf(untilCut(texts, { type, signal, log: app.config.log }), {
      ...forms[type],
      onEnd: () => gone.abort(new Error('the reader has gone')),
    });
    return new Response(body, { headers: headersFor(type) });
  },
});

/** How each form opens, and what says in it that there is nothing to say. */
const forms = {
  'text/event-stream': { opening: 'retry: 1000\n\n', heartbeat: { text: ':\n\n', everyMs: 15_000 } },
  'application/x-ndjson': { opening: '', heartbeat: { text: '\n', everyMs: 15_000 } },
  'text/plain': { opening: '', heartbeat: null },
} as const;

/**
 * What goes wrong in the middle is said in the form of the log, and ends it: the head of the answer has left long ago. A
 * browser then comes again behind the last line, as after any cut.
 */
async function* untilCut(
  texts: AsyncIterable<string>,
  { type, signal, log }: { type: MediaType; signal: AbortSignal; log: Log },
): AsyncGenerator<string> {
  try {
    yield* texts;
  } catch (thrown) {
    if (signal.aborted) return;
    const { code, message } = isOnejobError(thrown) ? thrown : { code: 'INTERNAL', message: 'the server failed' };
    if (code === 'INTERNAL') log.error('a log could not be sent on', { error: thrown });
    const error = JSON.stringify({ error: { code, message } });
    if (type === 'text/event-stream') yield `event: cut\ndata: ${error}\n\n`;
    else yield type === 'text/plain' ? `onejob: the log is cut here: ${message}\n` : `${error}\n`;
  }
}

const endMark = '.end';

async function* plain(pages: AsyncIterable<readonly TailedLine[]>, type: MediaType): AsyncGenerator<string> {
  const format = type === 'text/plain' ? textOf : (each: TailedLine) => `${JSON.stringify(lineView(each))}\n`;
  for await (const page of pages) yield page.map(format).join('');
}

/** The end has an id of its own, so that a browser, which always comes again, can be told that there is no more. */
async function* events(
  pages: AsyncIterable<readonly TailedLine[]>,
  { id, client, after, follow }: { id: string; client: StoreClient; after: string; follow: boolean },
): AsyncGenerator<string> {
  let last = after;
  for await (const page of pages) {
    yield page.map((each) => `id: ${each.offset}\ndata: ${JSON.stringify(lineView(each))}\n\n`).join('');
    last = page.at(-1)?.offset ?? last;
  }
  if (!follow) return;
  const { state } = await client.find(id);
  yield `event: end\nid: ${last}${endMark}\ndata: ${JSON.stringify({ state })}\n\n`;
}

/** A line in the form that `onejob runs logs` prints into a pipe. */
function textOf({ line: { at, stream, level, text, fields = {} } }: TailedLine): string {
  return stream === 'log' ? prettyLine({ time: new Date(at), level, text, fields }, false) : `${text}\n`;
}

function headersFor(type: MediaType): Record<string, string> {
  const charset = type === 'text/plain' ? '; charset=utf-8' : '';
  // Proxies that collect an answer before they pass it on (nginx) are asked not to.
  return { 'Content-Type': `${type}${charset}`, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' };
}

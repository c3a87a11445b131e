import type { RunNews } from '../../app/run-news.ts';
import { createDeferred } from '../../std/deferred.ts';
import { defineRoute } from './route.ts';
import { ref } from './schemas.ts';
import { streamOf } from './stream.ts';

export const listenToEvents = defineRoute({
  method: 'GET',
  path: '/events',
  id: 'listenToEvents',
  summary: 'Hints that runs have changed: look again',
  right: 'read',
  query: { run: { ...ref, description: 'only of this run' } },
  answers: {
    200: {
      description:
        'server-sent events `changed` with data `{ "runs": [ids] }`, whichever process executes them; `null` in place of ids: any run may have changed, as is said at least every ten seconds, for hints may be lost. At most ten a second',
      content: { 'text/event-stream': { type: 'string' } },
    },
  },
  async handle({ app, client, query, request }) {
    const gone = new AbortController();
    const signal = AbortSignal.any([request.signal, gone.signal, app.stopping]);
    const { news } = app.client;
    const hints =
      query.run === undefined ? ofAll(news, signal) : ofOne(news, (await client.find(query.run)).id, signal);
    const body = streamOf(hints, {
      opening: 'retry: 1000\n\n',
      heartbeat: { text: ':\n\n', everyMs: 15_000 },
      onEnd: () => gone.abort(new Error('the reader has gone')),
    });
    const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' };
    return new Response(body, { headers });
  },
});

async function* ofAll(news: RunNews, signal: AbortSignal): AsyncGenerator<string> {
  const heard = new Hearsay();
  const leave = news.listen((run) => heard.add(run));
  signal.addEventListener('abort', () => heard.wake());
  try {
    for (;;) {
      await heard.something();
      if (signal.aborted) return;
      yield hintOf(heard.take());
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
  } finally {
    leave();
  }
}

async function* ofOne(news: RunNews, run: string, signal: AbortSignal): AsyncGenerator<string> {
  const feed = news.follow(run);
  try {
    for (;;) {
      await feed.next(0, signal);
      yield hintOf([run]);
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    feed.close();
  }
}

function hintOf(runs: readonly string[] | null): string {
  return `event: changed\ndata: ${JSON.stringify({ runs })}\n\n`;
}

/** What was heard since the last hint. Beyond a thousand runs it is any: a slow reader loses hints, we no memory. */
class Hearsay {
  #runs: Set<string> | null = new Set();
  #news = createDeferred<void>();

  add(run: string | null): void {
    if (run === null || (this.#runs && this.#runs.size >= most)) this.#runs = null;
    else this.#runs?.add(run);
    this.wake();
  }

  wake(): void {
    this.#news.resolve();
  }

  something(): Promise<void> {
    return this.#news.promise;
  }

  take(): readonly string[] | null {
    const runs = this.#runs && [...this.#runs];
    this.#runs = new Set();
    this.#news = createDeferred<void>();
    return runs;
  }
}

const most = 1_000;
const restMs = 100;

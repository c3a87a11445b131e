import type { RunChangeHub } from '../../app/backend/run-change-hub.ts';
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
    const { changeHub } = app.client;
    const hints =
      query.run === undefined ? ofAll(changeHub, signal) : ofOne(changeHub, (await client.find(query.run)).id, signal);
    const body = streamOf(hints, {
      opening: 'retry: 1000\n\n',
      heartbeat: { text: ':\n\n', everyMs: 15_000 },
      onEnd: () => gone.abort(new Error('the reader has gone')),
    });
    const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' };
    return new Response(body, { headers });
  },
});

async function* ofAll(changeHub: RunChangeHub, signal: AbortSignal): AsyncGenerator<string> {
  const changes = new ChangeBuffer();
  const leave = changeHub.listen((run) => changes.add(run));
  signal.addEventListener('abort', () => changes.wake());
  try {
    for (;;) {
      await changes.something();
      if (signal.aborted) return;
      yield hintOf(changes.take());
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
  } finally {
    leave();
  }
}

async function* ofOne(changeHub: RunChangeHub, run: string, signal: AbortSignal): AsyncGenerator<string> {
  const feed = changeHub.follow(run);
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
class ChangeBuffer {
  #runs: Set<string> | null = new Set();
  #changeHub = createDeferred<void>();

  add(run: string | null): void {
    if (run === null || (this.#runs && this.#runs.size >= max)) this.#runs = null;
    else this.#runs?.add(run);
    this.wake();
  }

  wake(): void {
    this.#changeHub.resolve();
  }

  something(): Promise<void> {
    return this.#changeHub.promise;
  }

  take(): readonly string[] | null {
    const runs = this.#runs && [...this.#runs];
    this.#runs = new Set();
    this.#changeHub = createDeferred<void>();
    return runs;
  }
}

const max = 1_000;
const restMs = 100;

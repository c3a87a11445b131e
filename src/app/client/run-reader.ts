import { OnejobError } from '../../job/errors.ts';
import { decodeLines, type OutputLine } from '../../job/output-line.ts';
import type { Run, RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { Chunk } from '../../ports/store-entry.ts';
import type { Store } from '../../ports/store.ts';
import type { Clock } from '../../std/clock.ts';
import { formatDuration, type Duration } from '../../std/duration.ts';
import { isId } from '../../std/id.ts';
import { durationOption } from '../config/duration-option.ts';
import { formatOffset, parseOffset } from './log-offset.ts';
import type { Feed, RunChangeHub } from '../backend/run-change-hub.ts';

/** One line of a run's output with the places to go on from. */
export interface TailedLine {
  /** Of the chunk it is in: behind it are the other lines of that chunk, too. */
  readonly seq: number;
  /** Right behind this line, for `after` (`LogOffset` as text). */
  readonly offset: string;
  readonly line: OutputLine;
}

export interface WaitOptions {
  timeout?: Duration;
  signal?: AbortSignal;
}

export interface LinesOptions {
  /** Only what comes after this `seq` or `offset`. */
  after?: number | string;
  /** Until the run has ended. */
  follow?: boolean;
  signal?: AbortSignal;
}

export interface RunReaderOptions {
  readonly store: () => Promise<Store>;
  readonly clock: Clock;
  readonly changeHub: RunChangeHub;
}

/** Finds runs by what people write, and follows them. */
export interface RunReader {
  /** By id, key, or the unique end of an id. @throws USAGE when several ids end so */
  get(ref: string, options?: { steps?: boolean }): Promise<Run | null>;
  /** @throws RUN_UNKNOWN */
  find(ref: string, options?: { steps?: boolean }): Promise<Run>;
  wait(ref: string, options?: WaitOptions): Promise<Run>;
  lines(ref: string, options?: LinesOptions): AsyncGenerator<TailedLine>;
  /** `lines`, all of a chunk at once: for those who pass on a lot of them. */
  pages(ref: string, options?: LinesOptions): AsyncGenerator<readonly TailedLine[]>;
}

export function createRunReader({ store: open, clock, changeHub }: RunReaderOptions): RunReader {
  async function get(ref: string, options: { steps?: boolean } = {}): Promise<Run | null> {
    const store = await open();
    const [run] = await store.get([ref], options);
    if (run) return run;
    const id = await idByEnd(store, ref);
    return id === null ? null : ((await store.get([id], options))[0] ?? null);
  }

  async function find(ref: string, options: { steps?: boolean } = {}): Promise<Run> {
    const run = await get(ref, options);
    if (run) return run;
    throw new OnejobError('RUN_UNKNOWN', `no run has the id or key ${ref}`, {
      hint: 'onejob runs list shows the latest',
    });
  }

  /** A key may look like an id. */
  async function wait(ref: string, options: WaitOptions = {}): Promise<Run> {
    if (isId(ref)) {
      const run = await end(ref, options);
      if (run) return run;
    }
    const { id } = await find(ref);
    return (await end(id, options)) ?? find(id);
  }

  /** Null: there is no run of that id. */
  async function end(id: RunId, { timeout, signal }: WaitOptions): Promise<Run | null> {
    if (timeout === undefined) return changeHub.ends.of(id, signal);
    const limitMs = durationOption('timeout', timeout) ?? Infinity;
    const late = new AbortController();
    const timer = clock.setTimer(limitMs, () => late.abort());
    try {
      return await changeHub.ends.of(id, signal ? AbortSignal.any([signal, late.signal]) : late.signal);
    } catch (error) {
      if (!late.signal.aborted || signal?.aborted) throw error;
      const run = await find(id);
      if (isFinal(run.state)) return run;
      throw waitTimedOut(run, limitMs);
    } finally {
      timer.cancel();
    }
  }

  async function* lines(ref: string, options: LinesOptions = {}): AsyncGenerator<TailedLine> {
    for await (const page of pages(ref, options)) yield* page;
  }

  async function* pages(ref: string, options: LinesOptions = {}): AsyncGenerator<readonly TailedLine[]> {
    const { follow = false, signal } = options;
    const store = await open();
    const { id } = await find(ref);
    let { seq, lines: skipped } = parseOffset(options.after ?? 0);
    const feed = follow ? changeHub.follow(id) : undefined;
    const take = (chunk: Chunk): TailedLine[] => {
      const lines = linesOf(chunk, skipped);
      seq = chunk.seq;
      skipped = 0;
      return lines;
    };
    try {
      for (;;) {
        // The state first: what is committed after an end that was seen is nothing.
        const ended = isFinal((await find(id)).state);
        let chunks: readonly Chunk[] | null;
        do {
          chunks = await store.tail({ run: id, after: seq, maxBytes: pageBytes });
          for (const chunk of chunks) yield take(chunk);
        } while (chunks.length > 0);
        if (!feed || ended || signal?.aborted) return;
        while ((chunks = await written(feed, seq, signal)) !== null) {
          for (const chunk of chunks) yield take(chunk);
        }
      }
    } finally {
      feed?.close();
    }
  }

  return { get, find, wait, lines, pages };
}

export function waitTimedOut({ id, state }: Run, limitMs: number): OnejobError {
  return new OnejobError('WAIT_TIMED_OUT', `the run is still ${state} after ${formatDuration(limitMs)}`, {
    hint: `it goes on; onejob runs wait ${id} waits on`,
  });
}

/** What was written behind `seq` (`Feed.next`); null when the reader has gone. */
async function written(feed: Feed, seq: number, signal: AbortSignal | undefined): Promise<readonly Chunk[] | null> {
  try {
    return await feed.next(seq, signal);
  } catch (error) {
    if (signal?.aborted) return null;
    throw error;
  }
}

function linesOf({ seq, bytes }: Chunk, skipped: number): TailedLine[] {
  const lines = decodeLines(bytes);
  const last = lines.length - 1;
  return lines.slice(skipped).map((line, i) => {
    const index = skipped + i;
    return { seq, offset: formatOffset(index === last ? { seq, lines: 0 } : { seq: seq - 1, lines: index + 1 }), line };
  });
}

async function idByEnd(store: Store, ref: string): Promise<RunId | null> {
  if (!/^[0-9a-f-]{6,35}$/.test(ref) || isId(ref)) return null;
  const { items } = await store.list({ tail: ref, limit: 2 });
  if (items.length < 2) return items[0]?.id ?? null;
  throw new OnejobError('USAGE', `several runs end in ${ref}`, { hint: 'write more of the id' });
}

/** What a slow reader holds in memory. */
const pageBytes = 131_072;

import { OnejobError } from '../../job/errors.ts';
import type { Run, RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { Log } from '../../ports/log.ts';
import type { Notifier } from '../../ports/notifier.ts';
import type { Chunk } from '../../ports/store-entry.ts';
import type { Store } from '../../ports/store.ts';
import { abortable } from '../../std/abortable.ts';
import type { Clock } from '../../std/clock.ts';
import { createDeferred, type Deferred } from '../../std/deferred.ts';
import { Loop } from '../../std/loop.ts';
import type { EndNotices } from './end-notices.ts';
import { RunEnds } from './run-ends.ts';
import type { RunChangeNotifier } from './run-change-notifier.ts';

export interface RunChangeHubOptions {
  readonly backend: () => Promise<{
    readonly store: Store;
    readonly notifier: Notifier | null;
    readonly changeNotifier: RunChangeNotifier;
    readonly endNotices: EndNotices;
  }>;
  readonly clock: Clock;
  readonly log: () => Log;
}

/** What one reader of a run waits with. */
export interface Feed {
  /**
   * Resolves when the run has changed since it resolved last, with all output behind `seq`, which may be none; with null
   * when the reader has to look for itself: whether the run has ended, and what is written. Rejects with the signal's
   * reason, or APP_STOPPING.
   */
  next(seq: number, signal?: AbortSignal): Promise<readonly Chunk[] | null>;
  close(): void;
}

/**
 * Tells readers that there is something to read, so that a thousand of them cost the store no more than the runs they
 * read: all runs are looked at together, once for all who read them, and what was written is handed to all. Hints and what this process writes itself bring a
 * look at once; without any, output is at most a quarter of a second old, an end elsewhere a second. Those who listen
 * hear what this process has written, and what the others tell of theirs (`run-changeNotifier.ts`).
 */
export class RunChangeHub {
  /** For those who wait for an end, and read nothing before it. */
  readonly ends: RunEnds;
  readonly #options: RunChangeHubOptions;
  readonly #topics = new Map<RunId, Topic>();
  readonly #listeners = new Set<(run: RunId | null) => void>();
  #loop: Loop | undefined;
  #closed = false;
  /** One for each kind of waiting that others are told of. */
  #unsubscribe: (() => void) | undefined;
  #unwant: (() => void) | undefined;
  #busyUntil = 0;

  constructor(options: RunChangeHubOptions) {
    this.#options = options;
    this.ends = new RunEnds(options);
  }

  /** The feed of one run for one reader, who closes it. */
  follow(run: RunId): Feed {
    const topic = this.#topics.get(run) ?? { seq: 0, print: null, readers: new Set() };
    this.#topics.set(run, topic);
    const reader: Reader = { told: this.#tellLater(), output: undefined };
    topic.readers.add(reader);
    this.#open();
    return {
      next: async (seq, signal) => {
        if (seq > topic.seq) pass(topic, seq, reader);
        await abortable(reader.told.promise, signal);
        const { output } = reader;
        reader.told = this.#tellLater();
        reader.output = undefined;
        return output && output.after <= seq ? output.chunks.filter((chunk) => chunk.seq > seq) : null;
      },
      close: () => {
        topic.readers.delete(reader);
        if (topic.readers.size > 0) return;
        this.#topics.delete(run);
        void this.#rest();
      },
    };
  }

  /** Every change of a run, in any process; null: any may have changed. */
  listen(listener: (run: RunId | null) => void): () => void {
    this.#listeners.add(listener);
    this.#open();
    this.#unwant ??= this.#once(({ changeNotifier }) => changeNotifier.want());
    return () => {
      this.#listeners.delete(listener);
      void this.#rest();
    };
  }

  /** Somebody reads or listens. */
  get isObserved(): boolean {
    return this.#topics.size > 0 || this.#listeners.size > 0;
  }

  /** They have changed, in this process or another one; null: any may have. The store has it. */
  changed(runs: readonly RunId[] | null): void {
    for (const run of runs ?? [null]) for (const listener of this.#listeners) listener(run);
    if (!(runs?.some((run) => this.#topics.has(run)) ?? this.#topics.size > 0)) return;
    if (runs) this.#stayBusy();
    this.#loop?.nudge();
  }

  /** Tells all who wait that there will be nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { readers } of this.#topics.values()) for (const { told } of readers) told.reject(stopping());
    this.#topics.clear();
    this.#listeners.clear();
    await this.#rest();
  }

  #tellLater(): Deferred<void> {
    const told = createDeferred<void>();
    told.promise.catch(() => undefined); // whoever comes to wait is told
    if (this.#closed) told.reject(stopping());
    return told;
  }

  #open(): void {
    if (this.#closed) return;
    this.#loop ??= this.#startLoop();
    this.#loop.nudge();
    this.#unsubscribe ??= this.#once(({ notifier }) => notifier?.subscribe(() => this.#hinted()));
  }

  /** Begins something when the store is open, and returns the way to end it, at any time. */
  #once(begin: (backend: Awaited<ReturnType<RunChangeHubOptions['backend']>>) => (() => void) | undefined): () => void {
    let ended = false;
    let end: (() => void) | undefined;
    this.#options.backend().then(
      (backend) => {
        if (!ended) end = begin(backend);
      },
      () => undefined, // without hints each look comes by its time
    );
    return () => {
      ended = true;
      end?.();
    };
  }

  #startLoop(): Loop {
    const { clock, log } = this.#options;
    const loop = new Loop({
      name: 'run news',
      body: () => this.#look(),
      onError: (error) => log().debug('runs that are followed could not be looked at', { error: String(error) }),
      clock,
    });
    void loop.start();
    return loop;
  }

  /** Ends all timers when nobody reads and nobody listens: they would keep the process alive. */
  async #rest(): Promise<void> {
    if (this.#listeners.size === 0) {
      this.#unwant?.();
      this.#unwant = undefined;
    }
    if (this.isObserved) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    const loop = this.#loop;
    this.#loop = undefined;
    await loop?.stop();
  }

  #hinted(): void {
    if (this.#topics.size > 0) this.#loop?.nudge();
  }

  /** One look at all runs that somebody reads. Returns when the next one is due. */
  async #look(): Promise<number> {
    if (this.#topics.size === 0) return Infinity;
    const { store } = await this.#options.backend();
    const begun = this.#options.clock.monotonic();
    let running = false;
    let more = false;
    for (const runs of batches([...this.#topics.keys()])) {
      for (const [i, run] of (await store.get(runs)).entries()) {
        if (run?.state === 'running') running = true;
        if (await this.#compare(runs[i] as RunId, run, store)) more = true;
      }
    }
    const tookMs = this.#options.clock.monotonic() - begun;
    if (more) return 0;
    const pauseMs = this.#isBusy ? busyMs : running ? runningMs : idleMs;
    return Math.max(pauseMs, tookMs * 4); // many runs that are followed must not take the store from those who work
  }

  /** Whether there may be more output than one look takes. */
  async #compare(id: RunId, run: Run | null | undefined, store: Store): Promise<boolean> {
    const topic = this.#topics.get(id);
    if (!topic) return false;
    const print = run ? fingerprint(run) : 'gone';
    const changed = print !== topic.print;
    topic.print = print;
    // What ran and wrote before the change that is seen is seen with it; else only who runs can write.
    const mayWrite = changed || run?.state === 'running';
    const after = topic.seq;
    const chunks = mayWrite ? await store.tail({ run: id, after, maxBytes: pageBytes }) : [];
    const last = chunks.at(-1)?.seq ?? 0;
    if (last > topic.seq) topic.seq = last;
    if (last > after) this.#stayBusy();
    else if (!changed) return false;
    const goesOn = run && !isFinal(run.state);
    for (const reader of topic.readers) report(reader, goesOn ? { after, chunks } : null);
    return chunks.reduce((sum, { bytes }) => sum + bytes.length, 0) > pageBytes / 2;
  }

  #stayBusy(): void {
    this.#busyUntil = this.#options.clock.monotonic() + staysBusyMs;
  }

  get #isBusy(): boolean {
    return this.#options.clock.monotonic() < this.#busyUntil;
  }
}

/** A run that somebody reads. */
interface Topic {
  /** The last chunk that is known to be there. */
  seq: number;
  /**
   * The fingerprint of the run at the last look. Null before the first one, which therefore always counts as a change.
   */
  print: string | null;
  readonly readers: Set<Reader>;
}

interface Reader {
  told: Deferred<void>;
  /** What it is told; null: to look for itself; undefined: nothing yet. */
  output: Output | null | undefined;
}

/** All that was written behind a place. */
interface Output {
  readonly after: number;
  readonly chunks: readonly Chunk[];
}

/** A reader has got further by itself; the others are not handed what it has read. */
function pass(topic: Topic, seq: number, by: Reader): void {
  const hadRead = topic.print !== null;
  topic.seq = seq;
  for (const reader of topic.readers) if (hadRead && reader !== by) report(reader, null);
}

/** Who has not taken what he was told before looks for himself. */
function report(reader: Reader, output: Output | null): void {
  reader.output = reader.output === undefined ? output : null;
  reader.told.resolve();
}

/** All that may change of a run while it is followed. */
function fingerprint({ state, epoch, attempt, generation, crashes, progress, waitingFor, dueAt }: Run): string {
  return JSON.stringify([state, epoch, attempt, generation, crashes, progress, waitingFor, dueAt]);
}

function* batches(runs: readonly RunId[]): Generator<RunId[]> {
  for (let from = 0; from < runs.length; from += batchSize) yield runs.slice(from, from + batchSize);
}

function stopping(): OnejobError {
  return new OnejobError('APP_STOPPING', 'the app is stopping: what was followed goes on without this process');
}

const busyMs = 50;
const staysBusyMs = 1_000;
const runningMs = 250;
const idleMs = 1_000;
const batchSize = 500;
/** What one look takes of the output of a run. */
const pageBytes = 131_072;

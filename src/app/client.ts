import { OnejobError } from '../job/errors.ts';
import { decodeLines, type OutputLine } from '../job/output-line.ts';
import type { Run, RunId } from '../job/run.ts';
import { isFinal } from '../job/state.ts';
import type { Ask, AskAnswer } from '../ports/store-ask.ts';
import type { Page, RunQuery } from '../ports/store-query.ts';
import type { Store } from '../ports/store.ts';
import type { Clock } from '../std/clock.ts';
import { formatDuration, parseDuration, type Duration } from '../std/duration.ts';
import { isId, newId } from '../std/id.ts';

export interface ClientOptions {
  /** Opens the store on first use. */
  readonly store: () => Promise<Store>;
  readonly ask: (ask: Ask) => Promise<AskAnswer>;
  readonly clock: Clock;
  /** Who asks, for the record: `cli`, `api` … */
  readonly actor: string;
}

/** One line of a run's output with the place to go on from. */
export interface TailedLine {
  readonly seq: number;
  readonly line: OutputLine;
}

/** Reads runs and sends them words; knows no job's code. References are ids, keys, or the unique end of an id. */
export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** @throws USAGE when several ids end so */
  async get(ref: string, options: { steps?: boolean } = {}): Promise<Run | null> {
    const store = await this.#options.store();
    const [run] = await store.get([ref], options);
    if (run) return run;
    const id = await this.#byTail(store, ref);
    return id === null ? null : ((await store.get([id], options))[0] ?? null);
  }

  /** @throws RUN_UNKNOWN */
  async find(ref: string, options: { steps?: boolean } = {}): Promise<Run> {
    const run = await this.get(ref, options);
    if (run) return run;
    throw new OnejobError('RUN_UNKNOWN', `no run has the id or key ${ref}`, {
      hint: 'onejob runs list shows the latest',
    });
  }

  /** In order, `null` for unknown; one round trip. */
  async getMany(refs: readonly string[]): Promise<(Run | null)[]> {
    return (await this.#options.store()).get(refs);
  }

  async list(query: Partial<RunQuery> = {}): Promise<Page<Run>> {
    return (await this.#options.store()).list({ limit: 50, ...query });
  }

  /** Resolves when the run has ended. @throws RUN_UNKNOWN, WAIT_TIMED_OUT; or the signal's reason */
  async wait(ref: string, options: { timeout?: Duration; signal?: AbortSignal } = {}): Promise<Run> {
    const { clock } = this.#options;
    const limitMs = options.timeout === undefined ? Infinity : parseDuration(options.timeout);
    const startedAt = clock.monotonic();
    let run = await this.find(ref);
    for (let pauseMs = firstPollMs; !isFinal(run.state); pauseMs = Math.min(lastPollMs, pauseMs * 1.5)) {
      const leftMs = limitMs - (clock.monotonic() - startedAt);
      if (leftMs <= 0) {
        throw new OnejobError('WAIT_TIMED_OUT', `the run is still ${run.state} after ${formatDuration(limitMs)}`, {
          hint: `it goes on; onejob runs wait ${run.id} waits on`,
        });
      }
      await clock.sleep(Math.min(pauseMs, leftMs), options.signal);
      run = await this.find(run.id);
    }
    return run;
  }

  /** The output so far; with `follow` until the run has ended. */
  async *lines(
    ref: string,
    options: { after?: number; follow?: boolean; signal?: AbortSignal } = {},
  ): AsyncGenerator<TailedLine> {
    const store = await this.#options.store();
    const { id } = await this.find(ref);
    let after = options.after ?? 0;
    for (;;) {
      const ended = isFinal((await this.find(id)).state);
      const chunks = await store.tail({ run: id, after, maxBytes: 1_048_576 });
      for (const { seq, bytes } of chunks) {
        after = seq;
        for (const line of decodeLines(bytes)) yield { seq, line };
      }
      if (chunks.length > 0) continue;
      if (!options.follow || ended || options.signal?.aborted) return;
      await this.#options.clock.sleep(followMs, options.signal).catch(() => undefined);
    }
  }

  /** @throws RUN_UNKNOWN, RUN_FINISHED */
  async cancel(ref: string, reason?: string): Promise<AskAnswer> {
    const { id } = await this.find(ref);
    const answer = await this.#options.ask({
      id: newId(),
      kind: 'cancel',
      ref: id,
      actor: this.#options.actor,
      reason: reason ?? null,
    });
    if (answer.verdict !== 'finished') return answer;
    throw new OnejobError('RUN_FINISHED', `the run ${id} has ended already: ${answer.state ?? 'finished'}`);
  }

  async #byTail(store: Store, ref: string): Promise<RunId | null> {
    if (!/^[0-9a-f-]{6,35}$/.test(ref) || isId(ref)) return null;
    const { items } = await store.list({ tail: ref, limit: 2 });
    if (items.length < 2) return items[0]?.id ?? null;
    throw new OnejobError('USAGE', `several runs end in ${ref}`, { hint: 'write more of the id' });
  }
}

const firstPollMs = 20;
const lastPollMs = 500;
const followMs = 100;

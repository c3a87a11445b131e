import { hasCode, OnejobError } from '../../job/errors.ts';
import type { InputOf, JobReference, OutputOf } from '../../job/reference.ts';
import type { Run } from '../../job/run.ts';
import { runOfView, type RunView } from '../../job/run-view.ts';
import { isFinal } from '../../job/state.ts';
import type { Pause } from '../../ports/inspector.ts';
import type { ActionResult, PauseTarget } from '../../ports/store-action.ts';
import type { Page, RunQuery } from '../../ports/store-query.ts';
import type { Clock } from '../../std/clock.ts';
import type { Duration } from '../../std/duration.ts';
import type { Client, EnqueueOptions } from '../client/client.ts';
import type { WorkerSummary } from '../views/worker-summary.ts';
import type { Explanation } from '../client/explain.ts';
import type { NodeView, PauseView } from '../views/json-views.ts';
import { RunHandle } from '../client/run-handle.ts';
import { waitTimedOut, type LinesOptions, type TailedLine, type WaitOptions } from '../client/run-reader.ts';
import type { StatsView } from '../views/stats-view.ts';
import { durationOption } from '../config/duration-option.ts';
import { listBounds, pauseEnd } from '../config/instant-option.ts';
import { enqueueOn, inMilliseconds, type Wished } from './enqueue-on.ts';
import { followLines } from './follow-lines.ts';
import { Patience } from './patience.ts';
import { pauseOfView, workerOfView } from './read-views.ts';
import type { ServerLink } from './server-link.ts';

type ListOf<T> = { readonly items: readonly T[]; readonly next: string | null };
type Changed = RunView & { readonly verdict: ActionResult['verdict'] };

/** A client of a server. What the server refuses is thrown as what it was there. */
export class HttpClient implements Client {
  readonly #link: ServerLink;
  readonly #clock: Clock;

  constructor({ link, clock }: { link: ServerLink; clock: Clock }) {
    this.#link = link;
    this.#clock = clock;
  }

  async enqueue<J extends JobReference = JobReference<unknown>>(
    job: J | string,
    input?: InputOf<J>,
    options: EnqueueOptions = {},
  ): Promise<RunHandle<OutputOf<J>>> {
    const [handle] = await this.enqueueMany<J>(job, [{ ...options, input: input as InputOf<J> }], options);
    return handle as RunHandle<OutputOf<J>>;
  }

  async enqueueMany<J extends JobReference = JobReference<unknown>>(
    job: J | string,
    items: readonly (EnqueueOptions & { input: InputOf<J> })[],
    { tx }: { tx?: unknown } = {},
  ): Promise<RunHandle<OutputOf<J>>[]> {
    if (tx !== undefined) {
      throw new OnejobError('USAGE', 'a transaction cannot reach a server: it is one of the store', {
        hint: 'createClient({ store }) takes part in it',
      });
    }
    const name = typeof job === 'string' ? job : job.name;
    const wishes = items.map(({ tx: _, ...item }): Wished => ({ trigger: 'api', ...item, job: name }));
    const answers = await enqueueOn(this.#link, wishes);
    return answers.map((run) => new RunHandle(this, run, run.created));
  }

  async get(ref: string, options: { steps?: boolean } = {}): Promise<Run | null> {
    try {
      return await this.find(ref, options);
    } catch (error) {
      if (hasCode(error, 'RUN_UNKNOWN')) return null;
      throw error;
    }
  }

  find(ref: string, options: { steps?: boolean } = {}): Promise<Run> {
    return this.#find(ref, options);
  }

  /** As many in one request as the address of one can carry. */
  async getMany(refs: readonly string[]): Promise<(Run | null)[]> {
    const found = new Map<string, Run>();
    for (const some of slicesOf([...new Set(refs)])) {
      const { items } = await this.#link.act<ListOf<RunView>>('GET', '/runs', { query: { id: some.join(',') } });
      for (const run of items.map(runOfView)) {
        if (run.key !== null) found.set(run.key, run);
        found.set(run.id, run);
      }
    }
    return Promise.all(refs.map(async (ref) => found.get(ref) ?? (isListable(ref) ? null : this.get(ref))));
  }

  async list(query: Partial<RunQuery> = {}): Promise<Page<Run>> {
    const { states, limit = 50, since: _, until: __, ...others } = query;
    const { since, until } = listBounds(query);
    const { items, next } = await this.#link.act<ListOf<RunView>>('GET', '/runs', {
      query: {
        ...others, // what the server does not know it refuses: all runs are no answer
        state: states?.join(','),
        since: since === undefined ? undefined : new Date(since).toISOString(),
        until: until === undefined ? undefined : new Date(until).toISOString(),
        limit: String(limit),
      },
    });
    return { items: items.map(runOfView), next };
  }

  /** The server is asked again and again to answer only when the run has ended. */
  async wait(ref: string, { timeout, signal }: WaitOptions = {}): Promise<Run> {
    const limitMs = durationOption('timeout', timeout) ?? Infinity;
    const startedAt = this.#clock.monotonic();
    const patience = new Patience(this.#clock);
    let run = await this.#find(ref, { signal });
    patience.seen();
    while (!isFinal(run.state)) {
      const leftMs = limitMs - (this.#clock.monotonic() - startedAt);
      if (leftMs <= 0) throw waitTimedOut(run, limitMs);
      try {
        run = await this.#findSoon(run, leftMs, signal);
        patience.seen();
      } catch (error) {
        await patience.forgive(error, signal);
      }
    }
    return run;
  }

  lines(ref: string, options: LinesOptions = {}): AsyncGenerator<TailedLine> {
    const isOver = async (id: string) => isFinal((await this.find(id)).state);
    return followLines({ link: this.#link, clock: this.#clock, isOver }, ref, options);
  }

  cancel(ref: string, reason?: string, { now }: { now?: boolean } = {}): Promise<ActionResult> {
    return this.#change(ref, 'cancel', { reason, now });
  }

  send(ref: string, event: string, data?: unknown): Promise<ActionResult> {
    return this.#change(ref, 'send', { event, data });
  }

  retry(ref: string, reason?: string): Promise<ActionResult> {
    return this.#change(ref, 'retry', { reason });
  }

  restart(ref: string, options: { from?: string | number; reason?: string } = {}): Promise<ActionResult> {
    return this.#change(ref, 'restart', options);
  }

  async pause(target: PauseTarget, { reason, until }: { reason?: string; until?: Date } = {}): Promise<void> {
    const { path, pause } = placeOf(target);
    const end = pauseEnd(until, this.#clock.now());
    const body = { reason, until: end === null ? undefined : new Date(end).toISOString() };
    await this.#link.act('POST', `${path}/${pause}`, { body });
  }

  async resume(target: PauseTarget): Promise<void> {
    await this.#link.act('POST', `${placeOf(target).path}/resume`);
  }

  async pauses(): Promise<readonly Pause[]> {
    type Listed = PauseView & Pick<Pause, 'type' | 'name'>;
    return (await this.#link.act<ListOf<Listed>>('GET', '/pauses')).items.map(pauseOfView);
  }

  async workers(): Promise<readonly WorkerSummary[]> {
    return (await this.#link.act<ListOf<NodeView>>('GET', '/nodes')).items.map(workerOfView);
  }

  async stats({ since }: { since?: Duration } = {}): Promise<StatsView> {
    const query = { since: since === undefined ? undefined : inMilliseconds('since', since) };
    const { v: _, ...view } = await this.#link.act<StatsView & { readonly v: 1 }>('GET', '/stats', { query });
    return view;
  }

  async explain(ref: string): Promise<Explanation> {
    const { reason, text, remedy } = await this.#link.act<Explanation>('GET', `${runPath(ref)}/explain`);
    return { reason, text, remedy };
  }

  /** Nothing is open. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #find(
    ref: string,
    wanted: { steps?: boolean; prefer?: string; signal?: AbortSignal | undefined },
  ): Promise<Run> {
    const { steps = false, prefer, signal } = wanted;
    const headers = prefer === undefined ? {} : { Prefer: prefer };
    const { steps: shown, ...view } = await this.#link.act<RunView>('GET', runPath(ref), { headers, signal });
    return runOfView(steps && shown ? { ...view, steps: shown } : view);
  }

  /** As it is when it has ended, or after a while. */
  async #findSoon(run: Run, leftMs: number, signal: AbortSignal | undefined): Promise<Run> {
    const waitMs = Math.min(leftMs, longestWaitMs);
    const ended = new AbortController();
    const timer = this.#clock.setTimer(waitMs + 1_000, () => ended.abort());
    const over = leftMs < 1_000 ? AbortSignal.timeout(Math.ceil(leftMs)) : ended.signal;
    try {
      const prefer = `wait=${Math.max(1, Math.floor(waitMs / 1_000))}`;
      return await this.#find(run.id, { prefer, signal: signal ? AbortSignal.any([signal, over]) : over });
    } catch (error) {
      if (over.aborted && !signal?.aborted) return run;
      throw error;
    } finally {
      timer.cancel();
    }
  }

  async #change(ref: string, verb: string, body: Readonly<Record<string, unknown>>): Promise<ActionResult> {
    const { id, state, verdict } = await this.#link.act<Changed>('POST', `${runPath(ref)}/${verb}`, { body });
    return { verdict, run: id, state };
  }
}

function runPath(ref: string): string {
  return `/runs/${encodeURIComponent(ref)}`;
}

/** @throws USAGE for what has no place in the API */
function placeOf({ type, name }: PauseTarget): { path: string; pause: string } {
  if (type === 'job') return { path: `/jobs/${encodeURIComponent(name)}`, pause: 'pause' };
  if (type === 'node') return { path: `/nodes/${encodeURIComponent(name)}`, pause: 'drain' };
  throw new OnejobError('USAGE', `a ${type} cannot be paused through a server yet`, {
    hint: 'do it where the store is, with --store',
  });
}

/** What can stand in a list in an address: commas are between its members, and blanks around them are none of them. */
function isListable(ref: string): boolean {
  return /^[^,\p{Cc}]{1,400}$/u.test(ref) && ref.trim() === ref;
}

/** At most 100 each, and no longer than an address may be everywhere. */
function slicesOf(refs: readonly string[]): string[][] {
  const slices: string[][] = [];
  let room = 0;
  for (const ref of refs.filter(isListable)) {
    const length = encodeURIComponent(ref).length + 3;
    const last = slices.at(-1);
    if (last && last.length < 100 && length <= room) last.push(ref);
    else {
      slices.push([ref]);
      room = longestList;
    }
    room -= length;
  }
  return slices;
}

const longestList = 6_000;
/** Shorter than what proxies grant a silent answer. */
const longestWaitMs = 30_000;

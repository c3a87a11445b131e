import { checkedCall, type Outbox } from '../../engine/journal/outbox.ts';
import { stepParts } from '../../engine/journal/read-past.ts';
import { storable, type SubmittedJob } from '../../engine/attempt/submission.ts';
import type { Signals } from '../../intake/signals.ts';
import { calledBack, type CalledBack } from '../../job/callbacks.ts';
import { OnejobError } from '../../job/errors.ts';
import type { InputOf, JobReference, OutputOf } from '../../job/reference.ts';
import type { Registry } from '../../job/registry.ts';
import type { Run, RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import { isDefined } from '../../job/define.ts';
import type { Inspector, Pause } from '../../ports/inspector.ts';
import type { Meter } from '../../ports/meter.ts';
import type { ActionResult, PauseTarget, RunAction } from '../../ports/store-action.ts';
import type { Page, RunQuery } from '../../ports/store-query.ts';
import type { WorkerView } from '../../ports/store-worker.ts';
import type { Store } from '../../ports/store.ts';
import type { Clock } from '../../std/clock.ts';
import type { Duration } from '../../std/duration.ts';
import { isId, newId } from '../../std/id.ts';
import type { Client, EnqueueOptions } from './client.ts';
import { explain, type Explanation } from './explain.ts';
import { listBounds, pauseEnd } from '../config/instant-option.ts';
import { listedRuns } from './listed-runs.ts';
import { newRuns } from './new-runs.ts';
import { conflictOf, refuseConflicts } from './key-conflict.ts';
import { RunHandle } from './run-handle.ts';
import type { RunChangeHub } from '../backend/run-change-hub.ts';
import { RunReader, type LinesOptions, type TailedLine, type WaitOptions } from './run-reader.ts';
import { statsRequest, statsView, type StatsView } from '../views/stats-view.ts';

/** What a client works on; opened on first use. */
export interface Backend {
  readonly store: Store;
  readonly inspector: Inspector | null;
  readonly outbox: Outbox;
  /** Those of the workers of this store. */
  readonly signals: Signals;
}

export interface StoreClientOptions {
  readonly backend: () => Promise<Backend>;
  /** Where jobs are known, an unknown name is refused; null: any name goes. */
  readonly registry: () => Promise<Registry | null>;
  readonly clock: Clock;
  readonly changeHub: RunChangeHub;
  /** Told of runs that the store ends as this client asks. */
  readonly meter?: Meter;
  /** Who asks, for the record. */
  readonly actor: string;
  /** Of an input. */
  readonly maxBytes: () => number;
  /** Headers that are never stored, besides those that never are. */
  readonly redact?: () => readonly string[];
  /** What `close` does; an app's own client leaves that to the app. */
  readonly close: () => Promise<void>;
}

/** A client of a store. */
export class StoreClient implements Client {
  readonly #options: StoreClientOptions;
  readonly #reader: RunReader;

  constructor(options: StoreClientOptions) {
    this.#options = options;
    const { clock, changeHub, backend } = options;
    this.#reader = new RunReader({ clock, changeHub, store: async () => (await backend()).store });
  }

  /** Tells what happens to runs, for those who show it. */
  get changeHub(): RunChangeHub {
    return this.#options.changeHub;
  }

  /** The same client for somebody else: who asks is kept with what was asked. */
  as(actor: string): StoreClient {
    return new StoreClient({ ...this.#options, actor });
  }

  /** The same client by another way to the store. */
  on(backend: StoreClientOptions['backend']): StoreClient {
    return new StoreClient({ ...this.#options, backend });
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
    const known = await this.#resolve(job);
    const runs = await newRuns(known, items, { maxBytes: this.#options.maxBytes(), redact: this.#options.redact?.() });
    const { store, outbox, signals } = await this.#options.backend();
    await refuseConflicts(runs, (keys) => store.get(keys));
    const answers = tx === undefined ? await outbox.submit(runs) : await store.submit(checkedCall(runs), { tx });
    if (tx === undefined) signals.submitted(answers);
    else signals.work();
    const conflict = conflictOf(runs, answers);
    if (conflict) throw conflict;
    return answers.map(({ verdict, run }) => new RunHandle(this, run, verdict === 'created'));
  }

  get(ref: string, options: { steps?: boolean } = {}): Promise<Run | null> {
    return this.#reader.get(ref, options);
  }

  find(ref: string, options: { steps?: boolean } = {}): Promise<Run> {
    return this.#reader.find(ref, options);
  }

  async getMany(refs: readonly string[]): Promise<(Run | null)[]> {
    return listedRuns((await this.#options.backend()).store, refs);
  }

  /** With all their values, however large: for a few. */
  async getWhole(refs: readonly string[]): Promise<(Run | null)[]> {
    return (await this.#options.backend()).store.get(refs);
  }

  async list(query: Partial<RunQuery> = {}): Promise<Page<Run>> {
    const { cursor } = query;
    if (cursor !== undefined && !isId(cursor)) {
      throw new OnejobError('USAGE', `'${cursor}' is no cursor: it is the next of the page before`);
    }
    return (await this.#options.backend()).store.list({ limit: 50, ...query, ...listBounds(query) });
  }

  wait(ref: string, options: WaitOptions = {}): Promise<Run> {
    return this.#reader.wait(ref, options);
  }

  lines(ref: string, options: LinesOptions = {}): AsyncGenerator<TailedLine> {
    return this.#reader.lines(ref, options);
  }

  /** As `lines`, all of a chunk at once: for those who pass on a lot of them. */
  pages(ref: string, options: LinesOptions = {}): AsyncGenerator<readonly TailedLine[]> {
    return this.#reader.pages(ref, options);
  }

  async cancel(ref: string, reason?: string, options: { now?: boolean } = {}): Promise<ActionResult> {
    const run = await this.find(ref);
    const { id, job, state } = run;
    const callbacks = state === 'running' ? 'unknown' : await this.#callbacksOf(job);
    const answer = await this.#act(id, { kind: 'cancel', callbacks, reason: reason ?? null });
    if (answer.verdict === 'done') this.#options.meter?.endedByStore(run, 'cancelled');
    return options.now && answer.verdict === 'pending' ? this.#endNow(id, reason) : answer;
  }

  async send(ref: string, event: string, data?: unknown): Promise<ActionResult> {
    if (event === '' || event.length > 500) {
      throw new OnejobError('USAGE', 'the name of an event has 1 to 500 characters');
    }
    const text = storable(data, this.#options.maxBytes(), `the data of the event ${event}`, 'PAYLOAD_TOO_LARGE');
    return this.#act(ref, { kind: 'event', name: event, data: text, reason: null });
  }

  async retry(ref: string, reason?: string): Promise<ActionResult> {
    return this.#act(ref, { kind: 'retry', reason: reason ?? null });
  }

  async restart(ref: string, options: { from?: string | number; reason?: string } = {}): Promise<ActionResult> {
    const { from, reason } = options;
    const step = typeof from === 'number' ? await this.#stepByNumber(ref, from) : (from ?? null);
    return this.#act(ref, { kind: 'restart', from: step, reason: reason ?? null });
  }

  async pause(target: PauseTarget, options: { reason?: string; until?: Date } = {}): Promise<void> {
    const { outbox } = await this.#options.backend();
    const until = pauseEnd(options.until, this.#options.clock.now());
    const { actor } = this.#options;
    await outbox.act({ id: newId(), kind: 'pause', target, until, actor, reason: options.reason ?? null });
  }

  async resume(target: PauseTarget): Promise<void> {
    const { outbox, signals } = await this.#options.backend();
    await outbox.act({ id: newId(), kind: 'resume', target, until: null, actor: this.#options.actor, reason: null });
    signals.work();
  }

  async pauses(): Promise<readonly Pause[]> {
    return (await (await this.#options.backend()).inspector?.pauses()) ?? [];
  }

  async workers(): Promise<readonly WorkerView[]> {
    return (await this.#options.backend()).store.workers();
  }

  async stats({ since }: { since?: Duration } = {}): Promise<StatsView> {
    const request = statsRequest(since);
    const { inspector } = await this.#options.backend();
    if (inspector === null) throw new OnejobError('CONFIG_INVALID', 'this store cannot say what is in it');
    const [stats, workers, pauses] = await Promise.all([inspector.stats(request), this.workers(), inspector.pauses()]);
    return statsView(stats, { workers, pauses });
  }

  async explain(ref: string): Promise<Explanation> {
    const { id, state } = await this.find(ref);
    const reading = this.find(id, { steps: state === 'running' });
    const [run, workers, pauses] = await Promise.all([reading, this.workers(), this.pauses()]);
    return explain(run, workers, pauses, this.#options.clock.now());
  }

  close(): Promise<void> {
    return this.#options.close();
  }

  async #resolve(job: JobReference | string): Promise<SubmittedJob> {
    if (typeof job !== 'string') return isDefined(job) ? job : { name: job.name };
    const registry = await this.#options.registry();
    return registry === null ? { name: job } : registry.get(job);
  }

  async #act(ref: string, action: ActionWithoutActor): Promise<ActionResult> {
    const { id } = await this.find(ref);
    const { outbox, signals } = await this.#options.backend();
    const answer = await outbox.act({ ...action, id: newId(), ref: id, actor: this.#options.actor });
    const { verdict, state } = answer;
    signals.acted(action.kind === 'cancel' && verdict === 'done' ? null : [id]); // its children are told to end
    if (verdict === 'finished' && action.kind === 'retry') {
      throw new OnejobError('RUN_FINISHED', `the run ${id} has ${state}: there is nothing to try again`, {
        hint: `onejob runs restart ${id} runs it again from its beginning`,
      });
    }
    if (verdict === 'finished') throw new OnejobError('RUN_FINISHED', `the run ${id} has ended already: ${state}`);
    if (verdict === 'full') {
      throw new OnejobError(
        'MAILBOX_FULL',
        `the run ${id} has as many events as its mailbox holds, and takes no more now`,
        {
          hint: `send it again when the run has taken some; onejob runs show ${id} says what it waits for`,
        },
      );
    }
    if (verdict === 'unknown') throw new OnejobError('RUN_UNKNOWN', `the run ${id} is gone`);
    if (verdict === 'active') throw stillActive(id, state);
    if (verdict === 'step-unknown') {
      const from = action.kind === 'restart' ? action.from : null;
      throw new OnejobError('STEP_UNKNOWN', `the run ${id} has no step ${from}`, {
        hint: `onejob runs show ${id} lists its steps`,
      });
    }
    return answer;
  }

  /** Over its owner's head. Where the run changes hands at this very moment, it is cancelled anew. */
  async #endNow(id: RunId, reason: string | undefined): Promise<ActionResult> {
    const { store, signals } = await this.#options.backend();
    const run = await this.find(id);
    const { state, epoch } = run;
    if (isFinal(state)) return { verdict: 'done', run: id, state };
    if (state !== 'running') return this.cancel(id, reason, { now: true });
    const message = `cancelled by ${this.#options.actor}${reason ? `: ${reason}` : ''}`;
    const [taken = []] = await store.evict([{ run: id, epoch, code: 'RUN_CANCELLED', message }]);
    if (taken.length === 0) return this.#endNow(id, reason);
    this.#options.meter?.endedByStore(run, 'cancelled');
    signals.taken();
    return { verdict: 'done', run: id, state: 'cancelled' };
  }

  /** Where the jobs cannot be loaded a run is cancelled all the same. */
  async #callbacksOf(name: string): Promise<CalledBack> {
    const registry = await this.#options.registry().catch(() => null);
    const job = registry?.find(name);
    return job ? calledBack(job.callbacks) : 'unknown';
  }

  async #stepByNumber(ref: string, number: number): Promise<string> {
    const { id, state } = await this.find(ref);
    if (!isFinal(state)) throw stillActive(id, state); // it may have that step later
    const { store } = await this.#options.backend();
    const steps: { readonly key: string; readonly firstSeq: number }[] = [];
    for await (const part of stepParts(id, (request) => store.steps(request)))
      steps.push(...part.map(({ key, firstSeq }) => ({ key, firstSeq })));
    const step = steps.toSorted((a, b) => a.firstSeq - b.firstSeq)[number - 1];
    if (step) return step.key;
    throw new OnejobError('STEP_UNKNOWN', `the run ${id} has no step number ${number}; it has ${steps.length}`);
  }
}

type ActionWithoutActor = RunAction extends infer A
  ? A extends RunAction
    ? Omit<A, 'id' | 'ref' | 'actor'>
    : never
  : never;

function stillActive(id: RunId, state: string | null): OnejobError {
  return new OnejobError('RUN_ACTIVE', `the run ${id} is ${state}; only a finished run can be run again`, {
    hint: `onejob runs cancel ${id} ends it first`,
  });
}

import type { Engine } from '../../engine/host/engine.ts';
import type { Intake } from '../../intake/intake.ts';
import { conflictOf } from '../../intake/key-conflict.ts';
import { readBody, type RunRequest } from '../../intake/run-request.ts';
import { hasCode, OnejobError } from '../../job/errors.ts';
import { egoRunId } from '../../job/key.ts';
import type { Registry } from '../../job/registry.ts';
import type { Run, RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { Log } from '../../ports/log.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import type { Abort } from '../../std/abort.ts';
import { systemClock } from '../../std/clock.ts';
import { createDeferred } from '../../std/deferred.ts';
import { SharedRun, type Presence } from './shared-run.ts';
import { CallerQuery } from './caller-query.ts';
import { callbackOf } from '../execution.ts';
import { ReadBatcher } from './read-batcher.ts';
import type { PreparedBackend } from '../backend/prepare-backend.ts';
import type { StoreClient } from '../client/store-client.ts';

export interface CallersOptions {
  /** The engine of this process, registered or not. */
  readonly engine: () => Promise<Engine>;
  readonly intake: Intake;
  readonly registry: Registry;
  /** It works until the app has closed its store: answers are still read while the app stops. */
  readonly client: StoreClient;
  readonly backend: () => Promise<PreparedBackend>;
  readonly log: () => Log;
}

export interface CallOptions {
  readonly presence: Presence;
  /** The caller does not wait: the run goes on without it. */
  readonly isDetached?: boolean;
  readonly actor: string;
}

export interface Answer {
  readonly run: Run;
  /** The run had succeeded before this call. */
  readonly replayed: boolean;
}

/** What the signal of a run says whose callers have all gone away (contract EGO-18). */
const clientClosed = 'client closed';

/**
 * Executes runs for callers that wait at the other end of a connection. A caller whose key is there already joins that
 * run, and gets the recorded outcome, or, after a failure, the next attempt (contracts EGO-15, EGO-18).
 */
export class Callers {
  readonly #options: CallersOptions;
  readonly #reads: ReadBatcher;
  readonly #attended = new Map<RunId, SharedRun>();
  #channel: Promise<CallerQuery> | undefined;
  #stopped = false;

  constructor(options: CallersOptions) {
    this.#options = options;
    this.#reads = new ReadBatcher(async (ids) => (await options.backend()).store.get(ids));
  }

  /**
   * @throws JOB_UNKNOWN, INPUT_INVALID, VALUE_REJECTED, PAYLOAD_TOO_LARGE, KEY_CONFLICT, STORE_UNAVAILABLE: nothing runs
   * then; APP_STOPPING; RUN_CANCELLED when the caller has gone
   */
  async call(request: RunRequest, options: CallOptions): Promise<Answer> {
    const engine = await this.#options.engine();
    // Whoever does not wait leaves its run to any worker.
    const holder = options.isDetached ? undefined : engine.id;
    const [run] = (await this.#options.intake.check([readBody({ ...request, holder })])) as [NewRun];
    await engine.registerWorker();
    this.#channel ??= this.#listen();
    if (options.presence.hasGone) throw gone();
    const [answer] = (await engine.submit([run])) as [Submitted];
    const conflict = conflictOf([run], [answer]);
    if (conflict) throw conflict;
    return answer.verdict === 'created'
      ? this.#first(run, answer, { engine, ...options })
      : this.#join(answer.run.id, { engine, ...options });
  }

  /** Somebody waits for it here, or has asked for it without waiting. */
  #isAwaited(run: RunId): boolean {
    const sharedRun = this.#attended.get(run);
    return sharedRun !== undefined && (sharedRun.callers > 0 || sharedRun.stays);
  }

  /** After the worker has stopped: what has ended is still answered, who waits for more is told to ask again. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const all = [...this.#attended.values()];
    for (const { waiting } of all) waiting.abort(stopping());
    const late = createDeferred<void>();
    const timer = setTimeout(late.resolve, lastReadsMs);
    await Promise.race([Promise.allSettled(all.map(({ ended }) => ended.promise)), late.promise]);
    clearTimeout(timer);
    for (const { ended } of all) ended.reject(stopping());
  }

  async #first(run: NewRun, { run: { id, state } }: Submitted, caller: Caller): Promise<Answer> {
    if (caller.isDetached) {
      (await this.#options.backend()).signals.work();
      caller.engine.follow(id);
      return { run: await this.#options.client.find(id), replayed: false };
    }
    const execute = (waiting: Abort) => this.#executed(run, caller.engine, waiting);
    const sharedRun = state === 'running' ? this.#attend(id, execute) : this.#attend(id);
    sharedRun.isOurs = true;
    return this.#answer(sharedRun, caller);
  }

  async #join(id: RunId, caller: Caller): Promise<Answer> {
    const { client } = this.#options;
    const run = await client.find(id);
    if (run.state === 'succeeded') return { run, replayed: true };
    const again = isFinal(run.state);
    if (again) await this.#again(id, caller);
    const sharedRun = this.#attend(id);
    sharedRun.isOurs ||= again;
    sharedRun.stays ||= goesOnAlone(run);
    return this.#answer(sharedRun, caller);
  }

  async #answer(sharedRun: SharedRun, caller: Caller): Promise<Answer> {
    const { id } = sharedRun;
    if (caller.isDetached) {
      sharedRun.stays = true;
      return { run: await this.#options.client.find(id), replayed: false };
    }
    const run = await this.#outcome(sharedRun, caller.presence);
    // It was given up by callers that have gone, here or on another node, and this one has not.
    return wasGivenUp(run) ? this.#join(id, caller) : { run, replayed: false };
  }

  /** When several callers share one run, the last one that leaves aborts it. */
  async #outcome(sharedRun: SharedRun, presence: Presence): Promise<Run> {
    const left = createDeferred<never>();
    const forget = presence.onGone(() => left.reject(gone()));
    sharedRun.callers++;
    try {
      if (presence.hasGone) left.reject(gone());
      return await Promise.race([sharedRun.ended.promise, left.promise]);
    } finally {
      left.promise.catch(() => undefined);
      forget();
      sharedRun.callers--;
      if (presence.hasGone && sharedRun.callers === 0 && !sharedRun.stays) void this.#giveUp(sharedRun);
    }
  }

  #attend(id: RunId, outcome = (waiting: Abort) => this.#watched(id, waiting)): SharedRun {
    const known = this.#attended.get(id);
    if (known) return known;
    const sharedRun = new SharedRun(id);
    if (this.#stopped) sharedRun.waiting.abort(stopping());
    this.#attended.set(id, sharedRun);
    const { ended, waiting } = sharedRun;
    outcome(waiting).then(ended.resolve, ended.reject);
    void ended.promise
      .catch(() => undefined)
      .then(() => {
        if (this.#attended.get(id) === sharedRun) this.#attended.delete(id);
      });
    return sharedRun;
  }

  /** Here; where the attempt ended without an outcome, by whoever goes on with the run. */
  async #executed(run: NewRun, engine: Engine, waiting: Abort): Promise<Run> {
    const end = await engine.execute(run);
    const { client } = this.#options;
    const hasEnded = isFinal(end);
    const read = hasEnded ? await this.#reads.get(run.id) : null;
    const ended = read ?? (await client.wait(run.id, { signal: waiting.signal }));
    this.#callBack(ended, engine);
    return ended;
  }

  async #watched(id: RunId, waiting: Abort): Promise<Run> {
    const engine = await this.#options.engine();
    engine.follow(id);
    const run = await this.#options.client.wait(id, { signal: waiting.signal });
    this.#callBack(run, engine);
    return run;
  }

  /** A pipeline's callback belongs to what was asked for; nobody at the other end waits for it. */
  #callBack(run: Run, engine: Engine): void {
    const { registry } = this.#options;
    if (!registry.find(run.job)?.callbacks) return;
    const { client } = this.#options;
    const signal = new AbortController().signal;
    callbackOf(run, { registry, client, engine, signal }).catch((error: unknown) => {
      this.#options.log().debug('the callback of a run was not seen to end', { run: run.id, error: String(error) });
    });
  }

  async #again(id: RunId, { actor }: Caller): Promise<void> {
    try {
      await this.#options.client.as(actor).retry(id, 'asked for again');
    } catch (error) {
      // Another caller was faster.
      if (!hasCode(error, 'RUN_ACTIVE') && !hasCode(error, 'RUN_FINISHED')) throw error;
    }
  }

  /** Callers of the same runs may leave other nodes at any time. */
  async #listen(): Promise<CallerQuery> {
    const { channel } = await this.#options.backend();
    return new CallerQuery({ channel, clock: systemClock, isAwaitedHere: (run) => this.#isAwaited(run) });
  }

  async #giveUp(sharedRun: SharedRun): Promise<void> {
    const { id, waiting } = sharedRun;
    const reason = gone();
    try {
      const engine = await this.#options.engine();
      if (await this.#isNeeded(sharedRun, engine.id)) return;
      if (this.#attended.get(id) === sharedRun) this.#attended.delete(id);
      waiting.abort(reason);
      if (engine.abort(id, reason)) return;
      await this.#options.client.as('http').cancel(id, clientClosed);
    } catch (error) {
      if (!hasCode(error, 'RUN_FINISHED')) {
        this.#options.log().warn('a run that nobody waits for goes on', { run: id, error: String(error) });
      }
    }
  }

  /**
   * Somebody waits on another node, and is then the one to end it, or has come here meanwhile. Where the others cannot
   * be asked, only the process that asked for the run ends it; who waits elsewhere has it run again.
   */
  async #isNeeded({ id, isOurs }: SharedRun, self: WorkerId): Promise<boolean> {
    const { client } = this.#options;
    let elsewhere: boolean | null;
    try {
      const isAlone = (await client.workers()).every((worker) => worker.id === self);
      elsewhere = isAlone ? false : ((await (await this.#channel)?.isAwaited(id)) ?? null);
    } catch {
      elsewhere = null; // the store is away
    }
    return this.#isAwaited(id) || (elsewhere ?? !isOurs);
  }
}

type Caller = CallOptions & { readonly engine: Engine };

/** The run goes on without callers: it was asked for in another way, or by a caller that did not want to wait. */
function goesOnAlone({ trigger, request }: Run): boolean {
  const prefer = request?.headers.find(([name]) => name.toLowerCase() === 'prefer')?.[1];
  return trigger !== 'http' || egoRunId(request) === undefined || prefersAsync(prefer);
}

/** RFC 7240. */
export function prefersAsync(prefer: string | undefined): boolean {
  return (prefer ?? '').split(',').some((each) => /^respond-async *(?:;|$)/i.test(each.trim()));
}

function wasGivenUp({ state, error }: Run): boolean {
  return state === 'cancelled' && error?.code === 'RUN_CANCELLED' && error.message.endsWith(clientClosed);
}

function gone(): OnejobError {
  return new OnejobError('RUN_CANCELLED', clientClosed);
}

function stopping(): OnejobError {
  return new OnejobError('APP_STOPPING', 'the app stops; ask again');
}

/** For answers that the store owes when the worker has stopped. */
const lastReadsMs = 1_000;

import { hasCode, isOnejobError, OnejobError } from '../../job/errors.ts';
import type { Run, RunId, StepRecord } from '../../job/run.ts';
import type { Verdict } from '../../job/transition.ts';
import type { Backlog, Inspector, Pause } from '../../ports/inspector.ts';
import type { Action, ActionResult } from '../../ports/store-action.ts';
import type { Claimed, ClaimRequest, LostClaim } from '../../ports/store-claim.ts';
import type { Chunk, Entry, OutputBatch, OutputVerdict } from '../../ports/store-entry.ts';
import type { MessageRequest, Messages } from '../../ports/store-message.ts';
import type { Page, PrunePolicy, Pruned, RunQuery, StepRequest } from '../../ports/store-query.ts';
import type { Due, Fire, FireVerdict, SchedulePlan } from '../../ports/store-schedule.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import type { Stats, StatsRequest } from '../../ports/store-stats.ts';
import type {
  WorkerRegistration,
  EvictTarget,
  HeartbeatReply,
  WorkerId,
  WorkerView,
} from '../../ports/store-worker.ts';
import type { Migration, Store, StoreFacts } from '../../ports/store.ts';
import type { Examination, Upkeep } from '../../ports/upkeep.ts';
import { createDeferred } from '../../std/deferred.ts';
import { failpoint } from '../../std/failpoint.ts';
import { noMessages } from '../sql/messages.ts';
import { checkTexts } from '../sql/text.ts';
import { closedError } from './errors.ts';
import type { Inside } from './examine.ts';
import type { WriterChannel } from './writer-channel.ts';
import { isWrite, type Method } from './method.ts';
import type { SubmitResult } from './submit.ts';

/** The port over one line to the writer. What each method does stands in the file of its name. */
export class SqliteStore implements Store, Inspector, Upkeep {
  #facts: StoreFacts;
  readonly #channel: WriterChannel;
  readonly #path: string;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #lost = createDeferred<Error>();
  #closed: Promise<void> | undefined;

  constructor(facts: StoreFacts, channel: WriterChannel, path: string) {
    this.#facts = { ...facts, lost: this.#lost.promise };
    this.#channel = channel;
    this.#path = path;
  }

  get facts(): StoreFacts {
    return this.#facts;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async migrate({ dryRun = false }: { dryRun?: boolean } = {}): Promise<Migration> {
    const { id, from, to } = await this.#call<Migration & { id: string }>('migrate', { dryRun });
    this.#facts = { ...this.#facts, id };
    return { from, to };
  }

  async submit(runs: readonly NewRun[], options?: { tx?: unknown }): Promise<Submitted[]> {
    if (options?.tx !== undefined) {
      throw new OnejobError('CONFIG_INVALID', 'the SQLite store cannot join a transaction of yours', {
        hint: 'submit without `tx`, or use the store on PostgreSQL',
      });
    }
    if (runs.length === 0) return [];
    const results = await this.#call<SubmitResult[]>('submit', runs);
    return runs.map((run, i) => submittedOf(run, results[i]));
  }

  async registerWorker(worker: WorkerRegistration): Promise<void> {
    await this.#call('registerWorker', worker);
    this.#channel.heartbeatFor(worker);
  }

  heartbeat(reply: { worker: WorkerId; load?: number; stalled?: boolean }): Promise<HeartbeatReply> {
    return this.#call('heartbeat', reply);
  }

  workers(): Promise<WorkerView[]> {
    return this.#call('workers', null);
  }

  async evict(targets: readonly EvictTarget[]): Promise<RunId[][]> {
    return targets.length === 0 ? [] : this.#call('evict', targets);
  }

  claim(request: ClaimRequest): Promise<Claimed> {
    return this.#call('claim', request);
  }

  reclaim(claim: LostClaim): Promise<Claimed> {
    return this.#call('reclaim', claim);
  }

  async messages(request: MessageRequest): Promise<Messages> {
    return request.runs.length === 0 ? noMessages : this.#call('messages', request);
  }

  steps(request: StepRequest): Promise<Page<StepRecord>> {
    return this.#call('steps', request);
  }

  async record(batch: { worker: WorkerId; entries: readonly Entry[] }): Promise<Verdict[]> {
    return batch.entries.length === 0 ? [] : this.#call('record', batch);
  }

  async append(batch: OutputBatch): Promise<OutputVerdict[]> {
    return batch.chunks.length === 0 && batch.progress.length === 0 ? [] : this.#call('append', batch);
  }

  async act(actions: readonly Action[]): Promise<ActionResult[]> {
    return actions.length === 0 ? [] : this.#call('act', actions);
  }

  async get(refs: readonly string[], { steps = false }: { steps?: boolean } = {}): Promise<(Run | null)[]> {
    return refs.length === 0 ? [] : this.#call('get', { refs, steps });
  }

  list(query: RunQuery): Promise<Page<Run>> {
    return this.#call('list', query);
  }

  tail(request: { run: RunId; after: number; maxBytes: number }): Promise<Chunk[]> {
    return this.#call('tail', request);
  }

  async plan(declaration: { app: string; version: string; schedules: readonly SchedulePlan[] }): Promise<void> {
    await this.#call('plan', declaration);
  }

  due(request: { limit: number }): Promise<Due> {
    return this.#call('due', request);
  }

  async fire(fires: readonly Fire[]): Promise<FireVerdict[]> {
    return fires.length === 0 ? [] : this.#call('fire', fires);
  }

  prune(request: { policy: PrunePolicy; limit: number }): Promise<Pruned> {
    return this.#call('prune', request);
  }

  pauses(): Promise<Pause[]> {
    return this.#call('pauses', null);
  }

  backlog(request: { readonly atMost: number }): Promise<Backlog> {
    return this.#call('backlog', request);
  }

  stats(request: StatsRequest): Promise<Stats> {
    return this.#call('stats', request);
  }

  prunable(policy: PrunePolicy): Promise<number> {
    return this.#call('prunable', policy);
  }

  async examine(): Promise<Examination> {
    const [inside, { examine }] = await Promise.all([this.#call<Inside>('lookInside', null), import('./examine.ts')]);
    return examine(this.#path, inside);
  }

  /** On the caller's thread: for a process that does nothing else. */
  async backup(path: string): Promise<{ bytes: number }> {
    const { backup } = await import('./backup.ts');
    return backup({ from: this.#path, to: path, url: this.#facts.url });
  }

  /** Before any call has opened the file. */
  async restore(path: string): Promise<{ bytes: number; kept: string | null }> {
    const { restore } = await import('./restore.ts');
    return restore({ from: path, to: this.#path, url: this.#facts.url });
  }

  async script(): Promise<string> {
    const [{ from, to }, { script }] = await Promise.all([this.migrate({ dryRun: true }), import('./schema.ts')]);
    return from === to ? '' : script();
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#pending);
    await this.#channel.close();
  }

  /** The caller knows what the method answers: the table in methods.ts is typed by the port. */
  #call<Answer>(method: Method, argument: unknown): Promise<Answer> {
    const call = this.#send(method, argument);
    this.#pending.add(call);
    const forget = () => this.#pending.delete(call);
    call.then(forget, (error: unknown) => {
      forget();
      if (hasCode(error, 'STORE_REPLACED')) this.#lost.resolve(error as Error);
    });
    return call as Promise<Answer>;
  }

  async #send(method: Method, argument: unknown): Promise<unknown> {
    if (this.#closed !== undefined) throw closedError(this.#facts.url);
    const call = { method, argument, weight: checkTexts(argument) };
    if (!isWrite(method)) return this.#channel.call(call);
    await passFailpoint(`store.${method}.before`);
    const value = await this.#channel.call(call);
    await passFailpoint(`store.${method}.committed`);
    return value;
  }
}

/** Of a created run only its state comes back; the rest is known here. */
function submittedOf({ id, key, job }: NewRun, result: SubmitResult | undefined): Submitted {
  return typeof result === 'object' ? result : { verdict: 'created', run: { id, key, job, state: result ?? 'queued' } };
}

/** An armed failpoint that throws is, to the caller, a store that did not answer. */
async function passFailpoint(name: string): Promise<void> {
  try {
    await failpoint(name);
  } catch (cause) {
    if (isOnejobError(cause)) throw cause;
    throw new OnejobError('STORE_UNAVAILABLE', 'the answer of the store was lost', { cause });
  }
}

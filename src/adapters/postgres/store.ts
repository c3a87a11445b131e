import type { Run, RunId, StepRecord } from '../../job/run.ts';
import type { Verdict } from '../../job/transition.ts';
import type { Action, ActionResult } from '../../ports/store-action.ts';
import type { Claimed, ClaimRequest, LostClaim } from '../../ports/store-claim.ts';
import type { Chunk, Entry, OutputBatch, OutputVerdict } from '../../ports/store-entry.ts';
import type { MessageRequest, Messages } from '../../ports/store-message.ts';
import type { Page, PrunePolicy, Pruned, RunQuery, StepRequest } from '../../ports/store-query.ts';
import type { Due, Fire, FireVerdict, SchedulePlan } from '../../ports/store-schedule.ts';
import type { Stats, StatsRequest } from '../../ports/store-stats.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import type {
  WorkerRegistration,
  EvictTarget,
  HeartbeatReply,
  WorkerId,
  WorkerView,
} from '../../ports/store-worker.ts';
import type { Backlog, Inspector, Pause } from '../../ports/inspector.ts';
import type { Migration, Store, StoreFacts } from '../../ports/store.ts';
import type { Examination, Upkeep } from '../../ports/upkeep.ts';
import { noMessages } from '../sql/messages.ts';
import { act, pauses } from './act.ts';
import { backlog } from './backlog.ts';
import { reclaim } from './claim.ts';
import type { Connection } from './connection.ts';
import { examine } from './examine.ts';
import { list } from './list.ts';
import { messages } from './messages.ts';
import { migrate, script } from './migrate.ts';
import { ClaimCursor } from './claim-cursor.ts';
import { append } from './output.ts';
import { get, steps, tail } from './read.ts';
import { record } from './record.ts';
import { heartbeat, evict, registerWorker, workers } from './roster.ts';
import { due, fire, plan } from './schedule.ts';
import { prune } from './prune.ts';
import { stats } from './stats.ts';
import { submitWithin } from './submit.ts';
import { SubmitBatcher } from './submit-batcher.ts';
import { prunable, refuseBackup, refuseRestore } from './upkeep.ts';

/** The ports of a store, each method one message to the server. */
export class PostgresStore implements Store, Inspector, Upkeep {
  readonly #db: Connection;
  readonly #submits: SubmitBatcher;
  #facts: StoreFacts;

  constructor(db: Connection, heartbeat: StoreFacts['heartbeat']) {
    this.#db = db;
    this.#submits = new SubmitBatcher(db, new ClaimCursor());
    this.#facts = { id: '', reach: 'network', url: db.url, heartbeat, keepsSubmitsInOrder: true, joinsClaims: true };
  }

  get facts(): StoreFacts {
    return this.#facts;
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  async migrate(options: { dryRun?: boolean } = {}): Promise<Migration> {
    const { id, from, to } = await migrate(this.#db, options.dryRun ?? false);
    this.#facts = { ...this.#facts, id };
    return { from, to };
  }

  async submit(runs: readonly NewRun[], { tx }: { tx?: unknown } = {}): Promise<Submitted[]> {
    if (runs.length === 0) return [];
    return tx === undefined
      ? this.#submits.submit(runs)
      : submitWithin(this.#db, runs, { tx, storeId: this.#facts.id });
  }

  registerWorker(worker: WorkerRegistration): Promise<void> {
    return registerWorker(this.#db, worker);
  }

  heartbeat(reply: { worker: WorkerId; load?: number; stalled?: boolean }): Promise<HeartbeatReply> {
    return heartbeat(this.#db, reply);
  }

  workers(): Promise<WorkerView[]> {
    return workers(this.#db);
  }

  async evict(targets: readonly EvictTarget[]): Promise<RunId[][]> {
    return targets.length === 0 ? [] : evict(this.#db, targets);
  }

  claim(request: ClaimRequest): Promise<Claimed> {
    return this.#submits.claim(request);
  }

  reclaim(claim: LostClaim): Promise<Claimed> {
    return reclaim(this.#db, claim);
  }

  async messages(request: MessageRequest): Promise<Messages> {
    return request.runs.length === 0 ? noMessages : messages(this.#db, request);
  }

  steps(request: StepRequest): Promise<Page<StepRecord>> {
    return steps(this.#db, request);
  }

  async record(batch: { worker: WorkerId; entries: readonly Entry[] }): Promise<Verdict[]> {
    return batch.entries.length === 0 ? [] : record(this.#db, batch);
  }

  async append(batch: OutputBatch): Promise<OutputVerdict[]> {
    return batch.chunks.length + batch.progress.length === 0 ? [] : append(this.#db, batch);
  }

  async act(actions: readonly Action[]): Promise<ActionResult[]> {
    return actions.length === 0 ? [] : act(this.#db, actions);
  }

  async get(refs: readonly string[], options: { steps?: boolean } = {}): Promise<(Run | null)[]> {
    return refs.length === 0 ? [] : get(this.#db, refs, options.steps ?? false);
  }

  list(query: RunQuery): Promise<Page<Run>> {
    return list(this.#db, query);
  }

  tail(request: { run: RunId; after: number; maxBytes: number }): Promise<Chunk[]> {
    return tail(this.#db, request);
  }

  async plan(declaration: { app: string; version: string; schedules: readonly SchedulePlan[] }): Promise<void> {
    if (declaration.schedules.length > 0) await plan(this.#db, declaration);
  }

  due(request: { limit: number }): Promise<Due> {
    return due(this.#db, request);
  }

  async fire(fires: readonly Fire[]): Promise<FireVerdict[]> {
    return fires.length === 0 ? [] : fire(this.#db, fires);
  }

  prune(request: { policy: PrunePolicy; limit: number }): Promise<Pruned> {
    return prune(this.#db, request);
  }

  pauses(): Promise<Pause[]> {
    return pauses(this.#db);
  }

  backlog(request: { readonly atMost: number }): Promise<Backlog> {
    return backlog(this.#db, request);
  }

  stats(request: StatsRequest): Promise<Stats> {
    return stats(this.#db, request);
  }

  script(): Promise<string> {
    return script(this.#db);
  }

  prunable(policy: PrunePolicy): Promise<number> {
    return prunable(this.#db, policy);
  }

  async backup(path: string): Promise<never> {
    refuseBackup(this.#db, path);
  }

  async restore(path: string): Promise<never> {
    return refuseRestore(this.#db, path);
  }

  examine(): Promise<Examination> {
    return examine(this.#db);
  }
}

import type { Run, RunId, StepRecord } from '../job/run.ts';
import type { Verdict } from '../job/transition.ts';
import type { Action, ActionResult } from './store-action.ts';
import type { Claimed, ClaimRequest, LostClaim } from './store-claim.ts';
import type { Chunk, Entry, OutputBatch, OutputVerdict } from './store-entry.ts';
import type { MessageRequest, Messages } from './store-message.ts';
import type { Page, PrunePolicy, Pruned, RunQuery, StepRequest } from './store-query.ts';
import type { Due, Fire, FireVerdict, SchedulePlan } from './store-schedule.ts';
import type { NewRun, Submitted } from './store-submit.ts';
import type { WorkerRegistration, EvictTarget, HeartbeatReply, WorkerId, WorkerView } from './store-worker.ts';

/**
 * Where runs live. The contract of every method:
 *
 * - It is atomic: all of it is durable when the promise resolves, or none of it ever becomes visible.
 * - Batches are answered entry by entry, in order; an empty batch is answered without a round trip.
 * - It may be repeated after a lost answer, with the same effect and the same verdicts.
 * - It rejects with an OnejobError only: `STORE_UNAVAILABLE` (worth repeating; whether the call took effect is not
 *   known), `VALUE_REJECTED` (the database refuses a value; nothing took effect; halve the batch), `CONFIG_INVALID`
 *   (the operator must act), `STORE_REPLACED` (as `facts.lost` says).
 * - Instants are the store's clock in milliseconds; a worker's clock is stored only as a step's begin and end.
 */
export interface Store {
  readonly facts: StoreFacts;

  /** Resolves when every call begun has settled; later calls reject with STORE_UNAVAILABLE. Idempotent. */
  close(): Promise<void>;

  /**
   * Brings the schema up to this code's version. One process does it at a time, and others wait. It only adds, so code
   * that is one minor version older goes on beside it. `dryRun` changes nothing. @throws CONFIG_INVALID when the schema
   * asks for newer code
   */
  migrate(options?: { dryRun?: boolean }): Promise<Migration>;

  /**
   * Creates all runs that are new, or none (protocol/claims#submit). A key that exists is an answer, never an error. A
   * key that an open transaction of somebody else is creating is not waited for: KEY_BUSY names all such keys
   * (`job/key-busy.ts`), nothing was created, and the others may be submitted at once (protocol/journal#busy-keys).
   * Within a `tx` of the caller's own the key is waited for.
   */
  submit(runs: readonly NewRun[], options?: { tx?: unknown }): Promise<Submitted[]>;

  /**
   * Adds a worker, with its counter at 0. With `replaces`, living workers of that node are evicted first; that is no
   * crash of their runs (protocol/liveness#node-names).
   */
  registerWorker(worker: WorkerRegistration): Promise<void>;

  /** Raises the worker's counter and does nothing else (protocol/liveness#heartbeats). Several threads may call it. */
  heartbeat(report: { worker: WorkerId; load?: number; stalled?: boolean }): Promise<HeartbeatReply>;

  workers(): Promise<WorkerView[]>;

  /**
   * Evicts a worker, if its counter is still `seenHeartbeat`: its runs are queued again in their old place, with epoch
   * and crashes raised by 1, or fail at their limit (protocol/liveness#eviction). Or ends one run, if it is still held
   * in that epoch: as cancelled where the code is RUN_CANCELLED, else as failed. A run that somebody has asked to
   * cancel ends as cancelled in any case. Answers for each target the runs that were taken: none where its condition
   * does not hold, or where it was done before.
   */
  evict(targets: readonly EvictTarget[]): Promise<RunId[][]>;

  /**
   * Gives each due run to at most one worker, as `running` with epoch + 1 (protocol/claims#claims). Within a queue a
   * higher priority is first, then an earlier due instant, then the older run. A worker holds one suspect run at most:
   * other suspect runs are left out, and `nextDueAt` does not count them. A worker that is not registered, or was
   * evicted, gets none. A claim that is made twice takes once, and answers what is held by it; it must not arrive
   * behind the next claim, so `reclaim` comes first after an answer that was lost.
   */
  claim(request: ClaimRequest): Promise<Claimed>;

  /**
   * Answers what the worker holds by the claim of that number, or by a submit of that number that named it as holder.
   * From then on no call of that number or a lower one gives it anything, also if it is still on its way: a claim takes
   * nothing, a submit creates its runs queued. So the answer is complete, and the call may be repeated
   * (protocol/claims#lost-claims).
   */
  reclaim(claim: LostClaim): Promise<Claimed>;

  /**
   * Reads the mailboxes of runs that the worker holds, each behind the last item that its attempt was given. Also says
   * which of the runs the worker does not hold. The answer is bounded, whatever the mailboxes hold
   * (protocol/replay#reading-a-mailbox).
   */
  messages(request: MessageRequest): Promise<Messages>;

  /**
   * Reads the steps of a run in parts: first those that ended, in the order in which they were recorded, then those
   * that are begun.
   */
  steps(request: StepRequest): Promise<Page<StepRecord>>;

  /**
   * Locks the rows of the runs in the order of their ids, then compares worker, epoch and state
   * (protocol/claims#fencing), then writes what was found valid. A run has at most one entry that changes its state. An
   * entry that is neither `ok` nor `cancelled` changed nothing. Rejects with KEY_BUSY for the keys of children, like
   * `submit`.
   */
  record(batch: { worker: WorkerId; entries: readonly Entry[] }): Promise<Verdict[]>;

  /**
   * Adds output to runs, under the same fence. A chunk is accepted only as the last `seq` + 1
   * (protocol/journal#chunks-of-output).
   */
  append(batch: OutputBatch): Promise<OutputVerdict[]>;

  /**
   * Carries out actions. A cancel of a run that somebody holds becomes a mailbox item, and so does every event; an item
   * raises the run's `mailboxSeq` by 1.
   */
  act(actions: readonly Action[]): Promise<ActionResult[]>;

  /** Answers for each reference the run, or null. A reference is looked up as an id first, then as a key. */
  get(refs: readonly string[], options?: { steps?: boolean }): Promise<(Run | null)[]>;

  /**
   * Lists runs, the newest first, and never counts a table. Large values are left out (`job/listed-run.ts`), and a page
   * ends early, with a `next`, when it has 8 MiB. So neither the store nor the caller has more than that in memory
   * (protocol/claims#bounded-answers).
   */
  list(query: RunQuery): Promise<Page<Run>>;

  /** Reads the committed output behind `seq`, in order, from any process. One chunk at least comes, if there is any. */
  tail(request: { run: RunId; after: number; maxBytes: number }): Promise<Chunk[]>;

  /**
   * Declares an app's schedules. An older version changes nothing, and pauses stay (protocol/schedules#declarations).
   */
  plan(declaration: { app: string; version: string; schedules: readonly SchedulePlan[] }): Promise<void>;

  /** Answers the schedules that are due by the store's clock, and when the next one is. */
  due(request: { limit: number }): Promise<Due>;

  /**
   * Advances schedules and creates their runs and ranges. A schedule whose revision has moved is left alone
   * (protocol/schedules#fire).
   */
  fire(fires: readonly Fire[]): Promise<FireVerdict[]>;

  /**
   * Deletes finished runs beyond the policy, at most `limit`, with all that belongs to them. Their keys are free again
   * (protocol/claims#retention).
   */
  prune(request: { policy: PrunePolicy; limit: number }): Promise<Pruned>;
}

export interface StoreFacts {
  /**
   * The id of the store, made with its schema. Nodes that share a lock or a queue compare it. Empty until the first
   * `migrate`.
   */
  readonly id: string;
  /** Who can see this store: this process, this machine, or the network. */
  readonly reach: 'process' | 'host' | 'network';
  /** The URL without secrets, for messages. */
  readonly url: string;
  /**
   * Who raises the counter while the main loop is blocked: the store's own thread (`'store'`), a module whose
   * `heartbeat(options, report)` a thread imports, or nobody (`null`: the main loop makes the heartbeats, with a lease of 60 s).
   */
  readonly heartbeat: 'store' | { readonly module: string; readonly options: unknown } | null;
  /**
   * Resolves, with STORE_REPLACED, when a call has found that the file of the store is not where it was. No call can
   * succeed any more, and what was answered last may be lost. Otherwise it never settles.
   */
  readonly lost?: Promise<Error>;
  /**
   * Calls are carried out in the order in which they were made: a claim that is sent right after a submit finds its
   * runs.
   */
  readonly isOrdered?: boolean;
  /** Runs are due in the order of their submits, also when several submits are under way at once. */
  readonly keepsSubmitsInOrder?: boolean;
  /**
   * A claim of the same turn of the event loop travels with a submit. The runs that it took are answered as `running`.
   */
  readonly joinsClaims?: boolean;
}

/** The versions of the schema before and after. 0: there was none. */
export interface Migration {
  readonly from: number;
  readonly to: number;
}

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
   * Brings the schema up to this code's version; one process at a time, others wait. Additive only: code one minor
   * older goes on beside it. `dryRun` changes nothing. @throws CONFIG_INVALID when the schema asks for newer code
   */
  migrate(options?: { dryRun?: boolean }): Promise<Migration>;

  /**
   * All runs that are new are created, or none. A key that exists is an answer, never an error. One that a transaction of
   * somebody else (`tx`) is creating is not waited for: KEY_BUSY names all such keys (`job/key-busy.ts`), nothing was
   * created, and the rest may be asked for at once. Within a `tx` of one's own it is waited for.
   */
  submit(runs: readonly NewRun[], options?: { tx?: unknown }): Promise<Submitted[]>;

  /** The worker exists with heartbeat 0; with `replaces`, living workers of that node are evicted first (no crash counted). */
  registerWorker(worker: WorkerRegistration): Promise<void>;

  /** Raises the worker's counter and does nothing else. May be called from several threads. */
  heartbeat(report: { worker: WorkerId; load?: number; stalled?: boolean }): Promise<HeartbeatReply>;

  workers(): Promise<WorkerView[]>;

  /**
   * A worker, only while its counter is still `seenHeartbeat`: its runs are queued again in their old place with epoch + 1
   * and crashes + 1, or fail at their limit. A run, only while it is held in that epoch: it ends with the code, cancelled
   * where that is RUN_CANCELLED, else failed. Where somebody has asked to cancel it, a run of either ends cancelled.
   * Answers the runs that were taken, per target; a target that is closed already, or whose condition fails, answers none.
   */
  evict(targets: readonly EvictTarget[]): Promise<RunId[][]>;

  /**
   * Gives each due run to at most one worker: `running`, epoch + 1. Order within a queue: priority (higher first), due,
   * age. Of those that are suspect, however, a worker gets one at most, and none while it holds one: the others are
   * passed by, and `nextDueAt` is silent about them. A worker that is not registered, or evicted, gets none. Made twice it takes once, and answers what is held by it.
   * Not so where it arrives later than the next one: after an answer that was lost `reclaim` is asked first.
   */
  claim(request: ClaimRequest): Promise<Claimed>;

  /**
   * What the worker holds by the claim of that number, and by submits of that number that made it the holder. From then
   * on nothing is given to it by that number or a lower one, wherever the call still is on its way: a claim takes
   * nothing, a submit creates its runs queued. So what this answers is all there is, and it may be repeated.
   */
  reclaim(claim: LostClaim): Promise<Claimed>;

  /**
   * Reads the messages to runs that the worker holds, each after the last one that its attempt was given, and says
   * which of the runs it does not hold. Bounded, whatever the mailboxes hold.
   */
  messages(request: MessageRequest): Promise<Messages>;

  /** The steps of a run in parts, finished ones first in the order of recording, then those begun. */
  steps(request: StepRequest): Promise<Page<StepRecord>>;

  /**
   * Locks the runs' rows in id order, then compares worker, epoch and state (job/transition.ts), then writes what was
   * found valid. At most one state-changing entry a run. An entry that is not `ok` changed nothing. Rejects with KEY_BUSY
   * as `submit` does, for children.
   */
  record(batch: { worker: WorkerId; entries: readonly Entry[] }): Promise<Verdict[]>;

  /** Output of runs, under the same fence; a chunk only as the last `seq` + 1, so readers see no hole and no double. */
  append(batch: OutputBatch): Promise<OutputVerdict[]>;

  /** Words from outside: done at once where nobody holds the run, else stored as mail with `mailboxSeq + 1`. */
  act(actions: readonly Action[]): Promise<ActionResult[]>;

  /** Per reference the run, or null; looked up as id first, then as key. */
  get(refs: readonly string[], options?: { steps?: boolean }): Promise<(Run | null)[]>;

  /**
   * Newest first, by keyset; never counts a table. Values stand as in a list (job/listed-run.ts), and a page ends early,
   * with a `next`, when it has 8 MiB: neither the store nor the caller ever has more of it in memory than some of those.
   */
  list(query: RunQuery): Promise<Page<Run>>;

  /** Committed output after `seq` in order, from any process; at least one chunk when there is one. */
  tail(request: { run: RunId; after: number; maxBytes: number }): Promise<Chunk[]>;

  /** Declares an app's schedules. An older version changes nothing; pauses and overrides stay. */
  plan(declaration: { app: string; version: string; schedules: readonly SchedulePlan[] }): Promise<void>;

  /** Due schedules by the store's clock, and when the next one is. */
  due(request: { limit: number }): Promise<Due>;

  /** Advances schedules and creates their runs and ranges, each wholly or, when its revision moved, not at all. */
  fire(fires: readonly Fire[]): Promise<FireVerdict[]>;

  /** Deletes a bounded number of finished runs beyond the policy, with all that hangs on them; frees their keys. */
  prune(request: { policy: PrunePolicy; limit: number }): Promise<Pruned>;
}

export interface StoreFacts {
  /** Made with the schema: nodes that share a lock or a queue compare it. Empty until the first `migrate`. */
  readonly id: string;
  /** Who can see this store: this process, this machine, or the network. */
  readonly reach: 'process' | 'host' | 'network';
  /** URL without secrets, for messages. */
  readonly url: string;
  /**
   * Who raises the counter while the main loop is blocked: the store's own thread (`'store'`), a module whose
   * `heartbeat(options, report)` a thread imports, or nobody (`null`: the main loop heartbeats, with a lease of 60 s).
   */
  readonly heartbeat: 'store' | { readonly module: string; readonly options: unknown } | null;
  /**
   * Resolves, with STORE_REPLACED, when a call has found that what was opened is not where it was: no call can succeed
   * any more, and what was answered last may be lost. Else it never settles.
   */
  readonly lost?: Promise<Error>;
  /** Calls are carried out in the order in which they were made: a claim right behind a submit finds its runs. */
  readonly isOrdered?: boolean;
  /** Runs lie in the line in the order in which their submits were made, also when several are under way at a time. */
  readonly keepsSubmitsInOrder?: boolean;
  /** A claim of the same turn of the event loop travels with a submit; what it gets is answered as running. */
  readonly joinsClaims?: boolean;
}

/** Versions of the schema before and after; 0 = there was none. */
export interface Migration {
  readonly from: number;
  readonly to: number;
}

import { OnejobError } from '../../job/errors.ts';
import type { RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { AttemptEnd } from '../../ports/attempt-end.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { createDeferred } from '../../std/deferred.ts';
import { Loop } from '../../std/loop.ts';
import { Semaphore } from '../../std/semaphore.ts';
import type { Service } from '../../std/service.ts';
import { Tally } from '../../std/tally.ts';
import { ClaimBuffer, patienceMs } from './claim-buffer.ts';
import { Attempt, type AttemptOptions } from '../attempt/attempt.ts';
import { concludePlainly } from '../attempt/breakdown.ts';
import { Claims } from './claims.ts';
import { giveBack } from '../journal/give-back.ts';
import type { Host } from '../host/host.ts';
import { jobTerms } from './job-terms.ts';
import { PollPause } from './poll-pause.ts';
import { endsWithCallback, type RunTree } from './run-tree.ts';
import type { RunningAttempts } from './running-attempts.ts';
import { runnerOf } from '../attempt/runners.ts';
import { Reach, WorkerSlot } from './worker-slot.ts';

export interface WorkerOptions {
  readonly id: WorkerId;
  readonly host: Host;
  /** Where it keeps what it executes. */
  readonly running: RunningAttempts;
  /** Runs at once. */
  readonly slots: number;
  /**
   * Only these roots and their descendants are claimed: the process executes runs by itself (protocol/claims#own-tree).
   * Null: whatever is due.
   */
  readonly tree: RunTree | null;
  /** Longest pause between two looks for work. */
  readonly pollMs: number;
}

/** Claims due runs for its free slots and executes them. */
export class Worker implements Service {
  readonly name = 'worker';
  readonly #options: WorkerOptions;
  readonly #slots: Semaphore;
  readonly #buffer: ClaimBuffer;
  readonly #running: RunningAttempts;
  readonly #underWay = new Tally();
  readonly #loop: Loop;
  /**
   * Runs that this worker holds and has not begun, each with the reason why it is to be aborted as soon as it begins.
   */
  readonly #expected = new Map<RunId, Error | undefined>();
  #stopped: Promise<void> | undefined;
  readonly #abandoned = createDeferred<void>();
  #stopping = false;
  #isEvicted = false;
  #turns = 0;
  readonly #pause: PollPause;
  readonly claims: Claims;
  /** The last look found as many runs as there were slots, or there was no slot to look for: there may be more. */
  #hungry = false;
  readonly #reach = new Reach();

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#running = options.running;
    this.claims = new Claims(options.host.store, options.id);
    this.#slots = new Semaphore(options.slots);
    this.#pause = new PollPause(options.pollMs);
    this.#buffer = new ClaimBuffer({ slots: options.slots, clock: options.host.clock });
    this.#loop = new Loop({
      name: 'claims',
      body: () => this.#turn(),
      onError: (error) => options.host.log.warn('looking for work failed; trying again', { error: String(error) }),
      clock: options.host.clock,
    });
  }

  get freeSlots(): number {
    return this.#slots.free;
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  /** Whether the heartbeats reach the store. While they do not, no new step starts, but nothing is aborted (protocol/liveness#while-heartbeats-fail). */
  set reachable(yes: boolean) {
    this.#reach.set(yes);
  }

  /** A run will be created as held by this worker. */
  reserve(run: RunId): void {
    this.#expected.set(run, undefined);
  }

  /** The run was not created as held, or has ended without an attempt. */
  forget(run: RunId): void {
    this.#expected.delete(run);
  }

  /** Look for work now: somebody said that there is some. */
  nudge(): void {
    this.#pause.reset();
    this.#loop.nudge();
  }

  /** Claims nothing more; runs in execution finish their step and are handed back. Resolves when none is left. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Executes a run that this worker holds already. */
  async execute(claim: Claim, storeClockOffsetMs: number): Promise<AttemptEnd> {
    const { host } = this.#options;
    const job = host.registry.find(claim.job);
    if (!job) {
      void this.giveBack([claim]);
      throw new OnejobError('JOB_UNKNOWN', `this process does not know the job ${claim.job}`);
    }
    const slot = new WorkerSlot(this.#slots, this.#reach, this.#onFree);
    let attempt: Attempt | undefined;
    let end: AttemptEnd = 'lost';
    const since = this.#options.tree?.follows ?? 0;
    this.#underWay.begin();
    try {
      if (!slot.tryTake()) await slot.take();
      if (this.#isEvicted) {
        slot.end(); // the claim was answered, or there was room for it, only after the eviction was heard
        this.#expected.delete(claim.run);
        return 'lost';
      }
      if (this.#stopping) {
        slot.end();
        await this.giveBack([claim]);
        return 'handedBack';
      }
      attempt = this.#open({ claim, job, host, slot, storeClockOffsetMs, runner: runnerOf(job) });
      end = await attempt.run();
      return end;
    } catch (fault) {
      if (!attempt) end = (await concludePlainly({ claim, job, host, deadlineInMs: Infinity }, fault)).end;
      return end;
    } finally {
      if (attempt) this.#close(attempt, { slot, end, since });
      this.#underWay.end();
    }
  }

  /** This worker was evicted: others have its runs. */
  markAllLost(): void {
    this.#isEvicted = true;
    for (const { run } of this.#buffer.takeAll()) this.#expected.delete(run);
    for (const attempt of this.#running.all) attempt.markLost();
  }

  /** Aborts a run that this worker holds, begun or not; false: it holds none. */
  abort(run: RunId, reason: Error): boolean {
    const attempt = this.#running.get(run);
    if (attempt) attempt.abort(reason);
    else if (this.#expected.has(run)) this.#expected.set(run, reason);
    else return false;
    return true;
  }

  /** Ends the waiting of `stop`: what runs in execution do cannot be recorded any more. */
  abandon(): void {
    this.#abandoned.resolve();
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    for (const attempt of this.#running.all) attempt.stop();
    await Promise.race([this.#loop.stop(), this.#abandoned.promise]); // a look for work may be on its way, and hang
    void this.giveBack(this.#buffer.takeAll());
    while (this.#underWay.count > 0 && !this.#abandoned.settled) {
      await Promise.race([this.#underWay.none(), this.#abandoned.promise]);
    }
  }

  /** Hands back runs that this worker holds and does not execute. */
  async giveBack(claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return;
    this.#underWay.begin();
    const given = claims.map(async (claim) => {
      await giveBack(this.#options.host, claim);
      this.#expected.delete(claim.run);
    });
    await Promise.all(given);
    this.#underWay.end();
  }

  /** One look for work. Returns how long to wait for the next one. */
  async #turn(): Promise<number> {
    const { host, tree } = this.#options;
    void this.giveBack(this.#buffer.takeOverdue());
    const free = this.#slots.free + (tree ? 0 : this.#buffer.room);
    this.#hungry = free === 0;
    const jobs = free > 0 ? jobTerms(host.registry) : [];
    const { isLost } = this.claims;
    if (!isLost && (jobs.length === 0 || tree?.size === 0)) return this.#longest(Infinity);
    const askedAt = host.clock.monotonic();
    const turn = this.#turns++;
    const claimed = await this.claims.claim({ jobs, free, turn, ...(tree && { tree: tree.roots }) });
    for (const { run } of claimed.claims) this.#expected.set(run, undefined);
    this.#buffer.add(claimed.claims, claimed.now - (askedAt + host.clock.monotonic()) / 2);
    this.#begin();
    this.#hungry = isLost || claimed.claims.length >= free;
    // The next slot that comes free looks again, or one that came free meanwhile.
    if (this.#hungry) return this.#slots.free > 0 || (!tree && this.#buffer.room > 0) ? 0 : this.#longest(Infinity);
    return this.#longest(this.#pause.after(claimed));
  }

  /** Runs that wait for a slot are looked at again before they have waited too long. */
  #longest(pauseMs: number): number {
    return this.#buffer.size > 0 ? Math.min(pauseMs, patienceMs) : pauseMs;
  }

  /** Begins runs that wait for a slot, while there is one. */
  #begin(): void {
    while (this.#slots.free > 0) {
      const next = this.#buffer.next();
      if (next === undefined) return;
      this.#take(next.claim, next.storeClockOffsetMs);
    }
  }

  /** A run that cannot be executed must not end the process. */
  #take(claim: Claim, storeClockOffsetMs: number): void {
    if (!this.#running.mayBegin(claim)) return void this.giveBack([claim]);
    this.execute(claim, storeClockOffsetMs).catch((error: unknown) => {
      const { job, run } = claim;
      this.#options.host.log.error('a claimed run could not be executed', { job, run, error: String(error) });
    });
  }

  #open(options: AttemptOptions): Attempt {
    const { run } = options.claim;
    const attempt = new Attempt(options);
    this.#running.add(attempt);
    const unwanted = this.#expected.get(run);
    this.#expected.delete(run);
    if (unwanted) attempt.abort(unwanted);
    return attempt;
  }

  #close(attempt: Attempt, { slot, end, since }: { slot: WorkerSlot; end: AttemptEnd; since: number }): void {
    const { claim, job } = attempt;
    const { host, tree } = this.#options;
    this.#running.remove(attempt);
    this.#buffer.learn(host.clock.monotonic() - attempt.startedAt);
    slot.end();
    if (end === 'lost' && !this.#isEvicted) void this.giveBack([claim]); // unless it is another's already
    // Another suspect run may have waited for the end of this one.
    if (!isFinal(end) || claim.isSuspect) this.#loop.nudge();
    else if (endsWithCallback(claim, job, end)) host.signals.work();
    if (isFinal(end)) tree?.leave(claim, { job, end, since });
    if (isFinal(end) && end !== 'succeeded' && attempt.hasChildren) host.signals.mailbox(null); // they are cancelled
    if (claim.parent !== null) host.signals.mailbox([claim.parent]);
  }

  /** An attempt gave its slot up. */
  readonly #onFree = (): void => {
    this.#begin();
    if (this.#hungry) this.#loop.nudge();
  };
}

import { hasCode } from '../../job/errors.ts';
import { readFailure } from '../../job/failure.ts';
import type { RunId } from '../../job/run.ts';
import type { AttemptEnd } from '../../ports/attempt-end.ts';
import { freshClaim } from '../../ports/fresh-claim.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import type { Timer } from '../../std/clock.ts';
import { newId } from '../../std/id.ts';
import { startAll, type Service } from '../../std/service.ts';
import { captureConsole } from '../attempt/console-capture.ts';
import type { EngineOptions } from './engine-options.ts';
import type { Host } from './host.ts';
import { ownIdentity } from './identity.ts';
import { Journal } from '../journal/journal.ts';
import { MailboxReader } from '../liveness/mailbox-reader.ts';
import { Reclaimer } from '../worker/reclaimer.ts';
import { heartbeatMs, servicesOf } from './roles.ts';
import { RunTree } from '../worker/run-tree.ts';
import { RunningAttempts } from '../worker/running-attempts.ts';
import { Shutdown } from './shutdown.ts';
import type { WorkerHealth } from './worker-health.ts';
import { Worker } from '../worker/worker.ts';

/** What executes runs in one process, from its registration in the store to its end. */
export class Engine {
  readonly id: WorkerId = newId();
  /** The attempts that execute here. */
  readonly attempts: RunningAttempts;
  readonly #options: EngineOptions;
  readonly #journal: Journal;
  readonly #tree: RunTree | null;
  readonly #worker: Worker;
  readonly #reader: MailboxReader;
  readonly #reclaimer: Reclaimer;
  readonly #services: readonly Service[];
  readonly #shutdown: Shutdown;
  #registered: Promise<void> | undefined;
  #started: Promise<void> | undefined;
  #later: Timer | undefined;
  #releaseConsole: (() => void) | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { id } = this;
    const { store, registry, hooks, clock, log, limits, observer, meter, tracer, services } = options;
    const { slots, pollMs, leaseMs, takes, signals } = options;
    const journal = (this.#journal = new Journal({ store, worker: id, clock, log, meter }));
    const tree = (this.#tree = takes === 'own runs' ? new RunTree() : null);
    const parts = { store, journal, registry, services, hooks, clock, log, limits, observer, meter, tracer };
    const host: Host = { ...parts, signals };
    const running = (this.attempts = new RunningAttempts(tree));
    const worker = (this.#worker = new Worker({ id, host, running, slots, tree, pollMs }));
    const everyMs = Math.min(1_000, heartbeatMs(leaseMs));
    const reader = (this.#reader = new MailboxReader({ store, id, running, clock, log, everyMs }));
    const reclaimer = (this.#reclaimer = new Reclaimer({ store, id, clock, log, worker }));
    this.#services = servicesOf({ options, id, attempts: running, worker, reader, reclaimer, tree });
    signals.attach({ work: () => worker.nudge(), mailbox: (runs) => this.#readMailbox(runs) });
    this.#shutdown = new Shutdown({ id, store, clock, log, journal, worker, running, roles: this.#services });
  }

  get health(): WorkerHealth {
    const { slots, clock } = this.#options;
    const { awaySince, uncommitted } = this.#journal;
    return {
      slots,
      usedSlots: slots - this.#worker.freeSlots,
      running: this.attempts.load,
      storeAwayMs: awaySince === null ? null : clock.monotonic() - awaySince,
      uncommitted,
    };
  }

  /** The roots that this process follows; none in a process that takes whatever is due. */
  get roots(): readonly RunId[] {
    return this.#tree?.roots ?? [];
  }

  /** Registers and takes whatever is due. */
  async start(): Promise<void> {
    await this.registerWorker();
    await this.#startServices();
  }

  /** Makes this process known to the store as a worker. Idempotent. */
  registerWorker(): Promise<void> {
    if (!this.#registered) {
      const registered = this.#registerWorker();
      this.#registered = registered;
      registered.catch(() => (this.#registered = undefined)); // a store that was away is asked again
    }
    return this.#registered;
  }

  /** Creates runs. Those that name this engine as their holder can be taken by nobody else in between. */
  async submit(wished: readonly NewRun[]): Promise<readonly Submitted[]> {
    const claim = this.#worker.claims.nextNumber();
    const runs = wished.map((run) => (run.holder === this.id ? { ...run, claim } : run));
    const held = runs.filter(({ holder }) => holder === this.id);
    for (const { id } of held) this.#worker.reserve(id);
    try {
      const answers = await this.#options.outbox.submit(runs);
      if (answers.every(isHeldAsBorn)) return answers;
      const mine = new Set(answers.filter(isHeldAsBorn).map(({ run }) => run.id));
      // Only what was expected here: another run may have been claimed by now.
      for (const { id } of held) if (!mine.has(id)) this.#worker.forget(id);
      return answers;
    } catch (error) {
      for (const { id } of held) this.#worker.forget(id);
      if (held.length > 0 && !hasCode(error, 'VALUE_REJECTED')) this.#reclaimer.add(claim);
      throw error;
    }
  }

  /** Ends runs that `submit` has just created with this engine as their holder, without executing them. */
  async discard(runs: readonly { readonly id: RunId }[], reason: Error): Promise<void> {
    const { failure: error } = readFailure(reason);
    const nothing = { output: null, response: null, progress: null, isSilent: true } as const;
    const entry = ({ id }: { readonly id: RunId }) =>
      ({ kind: 'outcome', run: id, epoch: 1, state: 'cancelled', error, ...nothing }) as const;
    await Promise.all(runs.map((run) => this.#journal.record(entry(run))));
    for (const { id } of runs) this.#worker.forget(id);
  }

  /** Executes a run that `submit` has just created with this engine as its holder. */
  execute(run: NewRun): Promise<AttemptEnd> {
    this.#join(run.id);
    const { clock } = this.#options;
    const now = clock.now(); // its deadline counts from our clock, so the store's does not matter
    return this.#worker.execute(freshClaim(run, now), now - clock.monotonic());
  }

  /** From now on this process also executes that run, whenever it is due, and its children. */
  follow(root: RunId): void {
    this.#tree?.follow(root);
    this.#later?.cancel();
    this.#startServicesNow();
    this.#worker.nudge();
  }

  /** The roles that look for work and for mailbox items start a moment later, so a short run does not pay for them. */
  #join(root: RunId): void {
    this.#tree?.follow(root);
    this.#later ??= this.#options.clock.setTimer(servicesAfterMs, () => this.#startServicesNow());
  }

  /** Aborts a run that this worker holds, begun or not; false: it holds no such run. */
  abort(run: RunId, reason: Error): boolean {
    return this.#worker.abort(run, reason);
  }

  /**
   * Claims nothing more, lets steps in execution finish, hands runs back, leaves the store's list of workers. Past
   * `graceMs` handlers are aborted.
   */
  stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  /** What runs here cannot be recorded any more: `stop` does not wait for it. */
  abandon(): void {
    this.#shutdown.abandon();
  }

  /** Runs that `stop` had to give up, because the store did not answer. */
  get left(): readonly Claim[] {
    return this.#shutdown.left;
  }

  async #registerWorker(): Promise<void> {
    const { store, node, replaces, registry, slots, version, leaseMs, takes } = this.#options;
    await store.registerWorker({
      id: this.id,
      node,
      replaces: replaces ? node : null,
      identity: ownIdentity(),
      jobs: registry.names(),
      // None for others: what a process that runs work by itself knows does not help runs that were left behind.
      slots: takes === 'own runs' ? 0 : slots,
      version,
      heartbeatMs: leaseMs / 5,
    });
    this.#releaseConsole ??= captureConsole();
  }

  #startServices(): Promise<void> {
    this.#started ??= startAll(this.#services);
    return this.#started;
  }

  #startServicesNow(): void {
    this.#startServices().catch((error: unknown) => {
      this.#options.log.error('the worker could not start', { error: readFailure(error).failure.message });
    });
  }

  #readMailbox(runs: readonly RunId[] | null): boolean {
    const isOurs = (run: RunId): boolean => this.attempts.get(run) !== undefined;
    if (runs === null || runs.some(isOurs)) this.#reader.nudge();
    return runs?.every(isOurs) ?? false;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#later?.cancel();
    await this.#shutdown.stop(graceMs);
    this.#releaseConsole?.();
    if (this.#registered) await this.#shutdown.leave(this.#registered);
  }
}

const servicesAfterMs = 50;

/** The run is new, and it is held as it was asked for. */
function isHeldAsBorn({ verdict, run }: Submitted): boolean {
  return verdict === 'created' && run.state === 'running';
}

import { OnejobError } from '../job/errors.ts';
import type { Hooks } from '../job/hooks.ts';
import type { Registry } from '../job/registry.ts';
import type { RunId } from '../job/run.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Claim } from '../ports/store-claim.ts';
import type { NewRun, Submitted } from '../ports/store-submit.ts';
import type { WorkerId } from '../ports/store-worker.ts';
import type { Clock, Timer } from '../std/clock.ts';
import { newId } from '../std/id.ts';
import { stopAll } from '../std/service.ts';
import type { AttemptEnd } from './attempt.ts';
import { Canceller } from './canceller.ts';
import { captureConsole } from './console-capture.ts';
import { Heartbeat } from './heartbeat.ts';
import type { Host, Limits, Observer } from './host.ts';
import { ownIdentity } from './identity.ts';
import { Journal } from './journal.ts';
import { ServicePool } from './service-pool.ts';
import { Worker } from './worker.ts';

export interface EngineOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly observer: Observer;
  readonly node: string;
  /** An explicit node replaces the living worker of its name. */
  readonly replaces: boolean;
  readonly version: string;
  readonly slots: number;
  readonly beatMs: number;
  readonly pollMs: number;
  /** `tree`: only what this process was asked for itself, and its children (STORE §3.7). */
  readonly scope: 'all' | 'tree';
}

/** The roles of one process, in the order in which they start; they stop in reverse. */
export class Engine {
  readonly id: WorkerId = newId();
  readonly journal: Journal;
  readonly #options: EngineOptions;
  readonly #services: ServicePool;
  readonly #tree: Set<RunId> | null;
  readonly #worker: Worker;
  readonly #canceller: Canceller;
  readonly #heartbeat: Heartbeat;
  #enrolled: Promise<void> | undefined;
  #later: Timer | undefined;
  #releaseConsole: (() => void) | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { store, registry, hooks, clock, log, limits, observer } = options;
    this.journal = new Journal({ store, worker: this.id, clock, log });
    this.#services = new ServicePool(log);
    this.#tree = options.scope === 'tree' ? new Set() : null;
    const wake = { work: () => this.#worker.nudge(), mail: () => this.#canceller.nudge() };
    const host: Host = {
      store,
      journal: this.journal,
      registry,
      services: this.#services,
      hooks,
      clock,
      log,
      limits,
      observer,
      wake,
    };
    this.#worker = new Worker({
      id: this.id,
      host,
      slots: options.slots,
      tree: this.#tree,
      pollMs: options.pollMs,
    });
    this.#canceller = new Canceller({
      store,
      id: this.id,
      worker: this.#worker,
      clock,
      log,
      everyMs: Math.min(1_000, options.beatMs),
      onBeat: () => undefined,
    });
    this.#heartbeat = new Heartbeat({ beat: store.facts.beat, worker: this.id, everyMs: options.beatMs, log });
  }

  /** Enrols and takes whatever is due. */
  async start(): Promise<void> {
    await this.enrol();
    await this.#startRoles();
  }

  /** Makes this process known to the store as a worker. Idempotent. */
  enrol(): Promise<void> {
    this.#enrolled ??= this.#enrol();
    return this.#enrolled;
  }

  /** Creates the runs as held by this process, so that nobody else can take them in between. */
  async submit(runs: readonly NewRun[]): Promise<Submitted[]> {
    return Promise.all(runs.map((run) => this.journal.submit(run)));
  }

  /** Executes a run that `submit` has just created with this engine as its holder. */
  execute(run: NewRun): Promise<AttemptEnd> {
    this.follow(run.id);
    return this.#worker.adopt(freshClaim(run, this.#options.clock.now()), 0);
  }

  /**
   * From now on this process also executes that run, whenever it is due, and its children. What needs looking for,
   * a retry, a child, mail, starts a moment later: a short run costs none of it.
   */
  follow(root: RunId): void {
    this.#tree?.add(root);
    this.#later ??= this.#options.clock.setTimer(rolesAfterMs, () => void this.#startRoles());
  }

  /** Looks for work and mail now. */
  nudge(): void {
    this.#worker.nudge();
    this.#canceller.nudge();
  }

  interrupt(reason: Error): void {
    this.#worker.interrupt(reason);
  }

  abortAll(reason: Error): void {
    this.#worker.abortAll(reason);
  }

  /**
   * Claims nothing more, lets steps in execution finish, hands runs back, closes services, leaves the store's list of
   * workers. Past `graceMs` handlers are aborted.
   */
  stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #enrol(): Promise<void> {
    const { store, node, replaces, registry, slots, version, beatMs, scope } = this.#options;
    this.#releaseConsole = captureConsole();
    await store.enrol({
      id: this.id,
      node,
      replaces: replaces ? node : null,
      identity: ownIdentity(),
      jobs: registry.names(),
      // None for others: what a process that runs work by itself knows does not help runs that were left behind.
      slots: scope === 'tree' ? 0 : slots,
      version,
      beatMs,
    });
  }

  async #startRoles(): Promise<void> {
    await this.#heartbeat.start();
    await this.#canceller.start();
    await this.#worker.start();
  }

  async #stop(graceMs: number): Promise<void> {
    const { clock, log, store } = this.#options;
    this.#later?.cancel();
    const grace = clock.setTimer(graceMs, () => this.abortAll(new OnejobError('APP_STOPPING', 'the process stops')));
    await this.#worker.stop();
    grace.cancel();
    const silent = clock.setTimer(graceMs, () => this.journal.abandon());
    await this.journal.settled();
    silent.cancel();
    await stopAll([this.#heartbeat, this.#canceller]);
    await this.#services.close();
    this.#releaseConsole?.();
    if (!this.#enrolled) return;
    try {
      await this.#enrolled;
      await store.bury([{ id: this.id, seenBeat: null, counted: false }]);
    } catch (error) {
      log.warn('the store could not be told that this worker leaves', { error: String(error) });
    }
  }
}

/** What a claim would have said of a run that was created as held. */
function freshClaim(run: NewRun, now: number): Claim {
  return {
    run: run.id,
    epoch: 1,
    job: run.job,
    key: run.key,
    trigger: run.trigger,
    input: run.input,
    args: run.args,
    request: run.request,
    attempt: 1,
    crashes: 0,
    generation: 0,
    priority: run.priority,
    traceId: run.traceId,
    parent: run.parent,
    root: run.root,
    scheduledAt: run.scheduledAt,
    createdAt: now,
    timeoutMs: run.timeoutMs,
    deadlineAt: run.deadlineMs === null ? null : now + run.deadlineMs,
    outputSeq: 0,
    steps: 0,
    mail: 0,
    letters: [],
  };
}

const rolesAfterMs = 50;

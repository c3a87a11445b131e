import { asOwnCode } from '../engine/attempt/console-capture.ts';
import { Engine } from '../engine/host/engine.ts';
import type { Observer } from '../engine/host/host.ts';
import type { RunningAttempts } from '../engine/worker/running-attempts.ts';
import { ServicePool } from '../engine/host/service-pool.ts';
import type { Takes } from '../engine/host/takes.ts';
import type { WorkerHealth } from '../engine/host/worker-health.ts';
import { OnejobError } from '../job/errors.ts';
import type { Registry } from '../job/registry.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Claim } from '../ports/store-claim.ts';
import type { Tracer } from '../ports/tracer.ts';
import type { Clock } from '../std/clock.ts';
import { createDeferred } from '../std/deferred.ts';
import { formatDuration } from '../std/duration.ts';
import { inTime } from '../std/in-time.ts';
import type { PreparedBackend } from './backend/prepare-backend.ts';
import type { Settings } from './config/settings.ts';
import { openTracer } from './tracing.ts';
import { version } from './version.ts';

export interface WorkerProcessOptions {
  readonly takes: Takes;
  readonly backend: PreparedBackend;
  readonly registry: Registry;
  readonly settings: Settings;
  readonly observer: Observer;
  readonly meter?: Meter;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * The engine of a process over its whole life. An engine that was evicted, because its process was stopped for longer
 * than its lease, is fenced for good; a fresh one takes its place, unless the node's name was taken by another process.
 */
export class WorkerProcess {
  readonly takes: Takes;
  readonly #options: WorkerProcessOptions;
  readonly #services: ServicePool;
  readonly #failed = createDeferred<never>();
  #engine: Promise<Engine> | undefined;
  #current: Engine | undefined;
  #unsubscribe: (() => void) | undefined;
  #replacing: Engine | undefined;
  #replaced: Promise<void> | undefined;
  #stopping = false;
  #tracer: Tracer | undefined;

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    this.takes = options.takes;
    this.#services = new ServicePool(options.log);
    this.#failed.promise.catch(() => undefined);
  }

  get health(): WorkerHealth | null {
    return this.#current?.health ?? null;
  }

  /** What executes here; undefined before there is an engine. */
  get attempts(): RunningAttempts | undefined {
    return this.#current?.attempts;
  }

  /** Rejects with NODE_TAKEN; else never settles. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** The engine, after the hook `onStart`. */
  engine(): Promise<Engine> {
    this.#engine ??= this.#open();
    return this.#engine;
  }

  async start(): Promise<void> {
    const engine = await this.engine();
    await engine.start();
    if (this.#unsubscribe) return;
    const { notifier, messages, signals } = this.#options.backend;
    this.#unsubscribe = notifier?.subscribe(() => signals.workHere()) ?? (() => undefined);
    messages.listen((runs) => void signals.mailboxHere(runs));
  }

  /** Whether the worker stopped without an answer of the store. */
  get gaveUp(): boolean {
    return (this.#current?.left.length ?? 0) > 0;
  }

  /**
   * `null`: what runs here cannot be recorded any more, so nothing is waited for.
   * @throws STORE_UNAVAILABLE when runs had to be given up because the store did not answer; all is closed then
   */
  async stop(grace: number | null): Promise<void> {
    if (grace === null) this.#current?.abandon();
    const graceMs = grace ?? 0;
    const { log, clock, settings } = this.#options;
    this.#stopping = true;
    this.#unsubscribe?.();
    const opened = this.#engine?.catch(() => undefined) ?? Promise.resolve();
    if (!(await inTime(opened, patienceMs, clock))) return log.error(`the hook onStart ${isLate}`);
    const engine = await opened;
    if (!engine) return;
    await Promise.all([engine.stop(graceMs), inTime(this.#replaced ?? Promise.resolve(), patienceMs, clock)]);
    await this.#current?.stop(graceMs); // another one, where it was replaced meanwhile
    await this.#services.close();
    this.#tracer?.close();
    const stopped = (async () => asOwnCode(() => settings.hooks.onStop?.()))();
    if (!(await inTime(stopped, patienceMs, clock))) log.error(`the hook onStop ${isLate}`);
    const left = this.#current?.left ?? [];
    if (grace !== null && left.length > 0) throw givenUp(left);
  }

  async #open(): Promise<Engine> {
    await this.#options.settings.hooks.onStart?.();
    if (this.#stopping) throw new OnejobError('APP_STOPPING', 'the app has been stopped');
    this.#tracer = await openTracer(this.#options.log); // the hook may have registered what collects spans
    return this.#create();
  }

  #create(): Engine {
    const { takes, backend, registry, settings, observer, meter, log, clock } = this.#options;
    const { node, nodeIsNamed, hooks, valueBytes, outputBytes, parkAfterMs, slots, leaseMs, retention } = settings;
    const all = takes === 'due runs';
    const engine = new Engine({
      store: backend.store,
      outbox: backend.outbox,
      registry,
      services: this.#services,
      hooks,
      clock,
      log,
      limits: { valueBytes, outputBytes, parkAfterMs },
      observer,
      meter,
      tracer: this.#tracer,
      node,
      replaces: nodeIsNamed && all,
      version,
      slots: all ? slots : slotsByItself,
      leaseMs: backend.store.facts.heartbeat === null ? Math.max(leaseMs, leaseWithoutThreadMs) : leaseMs,
      pollMs: all ? pollMs : pollByItselfMs,
      retention,
      takes,
      exitOnStall: settings.exitOnStall,
      signals: backend.signals,
      onEvicted: () => this.#replace(engine),
    });
    this.#current = engine;
    return engine;
  }

  /** An evicted engine may say so more than once. */
  #replace(evicted: Engine): void {
    if (this.#stopping || this.#current !== evicted || this.#replacing === evicted) return;
    this.#replacing = evicted;
    this.#replaced = this.#keepReplacing(evicted);
  }

  /** The store may go away meanwhile; then this is tried again. */
  async #keepReplacing(evicted: Engine): Promise<void> {
    const { log, clock } = this.#options;
    for (;;) {
      try {
        return await this.#replaceOnce(evicted);
      } catch (error) {
        log.warn('this worker could not start anew; trying again', { error: String(error) });
        await clock.sleep(replaceEveryMs);
        if (this.#stopping) return;
      }
    }
  }

  async #replaceOnce(evicted: Engine): Promise<void> {
    const { backend, settings, log } = this.#options;
    const workers = await backend.store.workers();
    if (this.#stopping) return;
    const taken =
      settings.nodeIsNamed && this.takes === 'due runs' && workers.some(({ node }) => node === settings.node);
    if (taken) {
      this.#failed.reject(
        new OnejobError('NODE_TAKEN', `another process has started as node ${settings.node} on this store`, {
          hint: 'give each worker its own --node',
        }),
      );
      return;
    }
    log.warn('this worker was taken for dead and its runs were taken over; it starts anew', { node: settings.node });
    const engine = this.#create();
    await engine.registerWorker();
    this.#engine = Promise.resolve(engine);
    if (this.#stopping) return;
    if (this.takes === 'due runs') await engine.start();
    for (const root of evicted.roots) engine.follow(root);
    await evicted.stop(0);
  }
}

/** A process that runs jobs by itself runs all that it was asked for at once. */
const slotsByItself = 1_000;
const pollMs = 1_000;
const pollByItselfMs = 250;
/** Where only the main loop can make heartbeats, CPU work must not look like death (protocol/liveness#without-a-thread). */
const leaseWithoutThreadMs = 60_000;
const replaceEveryMs = 1_000;
/** Of a hook at the beginning and the end of a process. */
const patienceMs = 10_000;
const isLate = `did not end within ${formatDuration(patienceMs)} and is waited for no longer`;

function givenUp(left: readonly Claim[]): OnejobError {
  const some = left.slice(0, 3).map(({ job, run }) => `${job} ${run}`);
  const more = left.length > some.length ? ` and ${left.length - some.length} more` : '';
  return new OnejobError(
    'STORE_UNAVAILABLE',
    `the store did not answer until the end: what these runs did last is not recorded: ${some.join(', ')}${more}`,
    { hint: 'another worker takes them over as after a crash, and repeats the step they were at' },
  );
}

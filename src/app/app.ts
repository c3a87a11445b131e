import { setMaxListeners } from 'node:events';
import type { RunningAttempts } from '../engine/worker/running-attempts.ts';
import { Intake } from '../intake/intake.ts';
import { refuseSharedKeys } from '../intake/key-conflict.ts';
import { readBody, type RunRequest } from '../intake/run-request.ts';
import type { Run } from '../job/run.ts';
import type { Store } from '../ports/store.ts';
import { unlessAborted } from '../std/abort.ts';
import { systemClock } from '../std/clock.ts';
import { createDeferred } from '../std/deferred.ts';
import { AppConfig } from './config/app-config.ts';
import { defaultStore } from './backend/backend.ts';
import { Callers } from './callers/callers.ts';
import { endApp } from './end-app.ts';
import type { EnqueuedRun, RunWatcher } from './execute.ts';
import { execute } from './execution.ts';
import { Executor } from './executor.ts';
import { Insight } from './insight.ts';
import { JobCatalog } from './job-catalog.ts';
import { LazyBackend, stopped } from './backend/lazy-backend.ts';
import type { AppOptions } from './config/options.ts';
import { PlayedRoles, servicesOf, type RoleTable } from './played-roles.ts';
import { prepareBackend, type PreparedBackend } from './backend/prepare-backend.ts';
import { RunChangeHub } from './backend/run-change-hub.ts';
import { createStoreClient, type StoreClient } from './client/store-client.ts';
import type { Surroundings } from './config/surroundings.ts';
import { withTraceParent } from './tracing.ts';

/** One program's jobs, its store and, while it works, its worker. Installs no signal handler and never exits. */
export class App {
  readonly client: StoreClient;
  readonly config: AppConfig;
  readonly jobs: JobCatalog;
  readonly insight = new Insight({ health: () => this.#executor.health, backend: () => this.#backend.open() });
  /** The callers that wait at the other end of a connection. */
  readonly callers: Callers;
  readonly #backend: LazyBackend;
  readonly #intake: Intake;
  readonly #changeHub = new RunChangeHub({
    backend: () => this.#backend.open(),
    clock: systemClock,
    log: () => this.config.log,
  });
  readonly #executor: Executor;
  readonly #table: RoleTable<App>;
  readonly #roles = new PlayedRoles();
  readonly #stopping = new AbortController();
  readonly #failed = createDeferred<never>();
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  /** Opens nothing and starts nothing. @throws CONFIG_INVALID */
  constructor(options: AppOptions, table: RoleTable<App>, { actor = 'api', isBrief = false }: Surroundings = {}) {
    setMaxListeners(0, this.#stopping.signal); // each open answer hears it
    this.#failed.promise.catch(() => undefined);
    this.#table = table;
    this.config = new AppConfig(options, () => this.#backend.isOpen || this.#executor.hasWorker || this.jobs.isLoaded);
    this.jobs = new JobCatalog(() => this.config.options.jobs);
    this.#backend = new LazyBackend(() => this.#prepareBackend(isBrief), this.#failed.reject);
    this.#executor = new Executor({
      backend: () => this.#backend.open(),
      config: this.config,
      jobs: this.jobs,
      meter: this.insight.meters,
      onFailed: this.#failed.reject,
    });
    const registry = () => this.jobs.known();
    const maxBytes = () => this.config.settings.valueBytes;
    this.#intake = new Intake({
      registry,
      maxBytes,
      redact: () => this.config.settings.redact,
      withTrace: withTraceParent,
      backend: () => this.#backend.use(),
    });
    this.client = createStoreClient({
      backend: () => this.#backend.use(),
      intake: this.#intake,
      registry,
      clock: systemClock,
      changeHub: this.#changeHub,
      meter: this.insight.meters,
      actor,
      maxBytes,
      close: () => Promise.resolve(),
    });
    this.callers = new Callers({
      engine: async () => {
        await this.jobs.load();
        return this.#executor.engine();
      },
      intake: this.#intake,
      registry: this.jobs.registry,
      client: this.client.on(() => this.#backend.open()),
      backend: () => this.#backend.open(),
      log: () => this.config.log,
    });
  }

  /** The attempts that execute here now. */
  get running(): RunningAttempts {
    return this.#executor.running;
  }

  /** Where it serves HTTP, or null. */
  get url(): string | null {
    return this.#roles.url;
  }

  /** Aborts when the app begins to stop: answers without an end must end. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Opens the store, brings its schema up to date, and frees what dead processes of this machine held. Idempotent. */
  async openStore(): Promise<Store> {
    return (await this.#backend.use()).store;
  }

  /**
   * Works in its roles until `stop`: executes whatever is due, serves HTTP. Resolves when all of it is up. A worker
   * that was wrongly taken for dead registers anew by itself. @throws APP_STOPPING after `stop`: an app cannot be
   * started twice
   */
  start(): Promise<void> {
    if (this.#stopped) return Promise.reject(stopped());
    this.#started ??= unlessAborted(this.#start(), this.#stopping.signal);
    return this.#started;
  }

  /**
   * Rejects when this app is of no use any more: with NODE_TAKEN when another process has taken the name of this node,
   * with STORE_REPLACED when the file of the store is not the one that was opened. Else it never settles.
   */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /**
   * Runs jobs here, concurrently, and resolves with their runs in the order of the requests; after an interruption a
   * run that waits is given back as it is.
   * @throws JOB_UNKNOWN, INPUT_INVALID, KEY_CONFLICT, STORE_UNAVAILABLE … before anything has started
   */
  async execute(requests: readonly RunRequest[], watcher: RunWatcher = {}): Promise<Run[]> {
    void this.#backend.use().catch(() => undefined); // opens while job files load
    await this.jobs.load();
    this.#stopping.signal.throwIfAborted();
    const executed = execute(requests, watcher, {
      intake: this.#intake,
      registry: this.jobs.registry,
      client: this.client,
      engine: await this.#executor.engine(),
      signal: this.#executor.interrupted,
      watch: (run, told) => this.#executor.watchers.watch(run, told),
    });
    return Promise.race([executed, this.failed]);
  }

  /**
   * Leaves runs to a worker, all in one commit, and resolves with them as they are then, in the order of the requests.
   * @throws as `execute`
   */
  async enqueue(requests: readonly RunRequest[]): Promise<EnqueuedRun[]> {
    void this.#backend.use().catch(() => undefined); // opens while job files load
    refuseSharedKeys(requests);
    const submitted = await this.#intake.submit(requests.map(readBody));
    const created = submitted.map(async ({ verdict, run }) => {
      return { run: await this.client.find(run.id), created: verdict === 'created' };
    });
    return Promise.all(created);
  }

  /** What `execute` runs is told to stop and ends as cancelled, with code RUN_INTERRUPTED; what waits is left waiting. */
  interrupt(signal: string): void {
    this.#executor.interrupt(signal);
  }

  /** Waits for what runs, gives back what does not end within `graceMs`, closes services and store. Idempotent. */
  stop(graceMs = 25_000): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #start(): Promise<void> {
    void this.#backend.use().catch(() => undefined);
    await this.jobs.load();
    const host = { app: this, takeDueRuns: () => this.#executor.takeDueRuns() };
    const services = servicesOf(this.#table, this.config.settings.roles, host);
    await this.openStore();
    await this.#roles.start(services);
    if (this.#stopped) await this.#roles.stop(); // what came up meanwhile
  }

  #prepareBackend(isBrief: boolean): Promise<PreparedBackend> {
    const { options, settings, log } = this.config;
    return prepareBackend({
      store: options.store ?? defaultStore,
      isBrief,
      migrates: settings.migrate === 'auto',
      log,
      meter: this.insight.meters,
      changeHub: this.#changeHub,
    });
  }

  async #stop(graceMs: number): Promise<void> {
    this.#backend.retire();
    this.#stopping.abort(stopped());
    await this.#started?.catch(() => undefined);
    const [roles, changeHub, executor] = [this.#roles, this.#changeHub, this.#executor];
    await endApp({ roles, changeHub, executor, callers: this.callers, backend: this.#backend }, graceMs);
  }
}

import { setMaxListeners } from 'node:events';
import { OnejobError } from '../job/errors.ts';
import type { Registry } from '../job/registry.ts';
import type { Run } from '../job/run.ts';
import type { JobFileProblem } from '../plugins/problem.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { unlessAborted } from '../std/abort.ts';
import { systemClock } from '../std/clock.ts';
import { createDeferred } from '../std/deferred.ts';
import { defaultStore } from './backend.ts';
import { Callers } from './callers.ts';
import { endApp } from './end-app.ts';
import type { EnqueuedRun, ExecuteRequest, RunWatcher } from './execute.ts';
import { enqueue, execute } from './execution.ts';
import { isLog } from './config-readers.ts';
import { Faces, type Face } from './face.ts';
import { Insight } from './insight.ts';
import { JobCatalog } from './job-catalog.ts';
import { LazyBackend, stopped } from './lazy-backend.ts';
import { createLogger } from './logger.ts';
import type { AppOptions } from './options.ts';
import { prepareBackend, type PreparedBackend } from './prepare-backend.ts';
import { RunNews } from './run-news.ts';
import { settingsOf, type Settings } from './settings.ts';
import { StoreClient } from './store-client.ts';
import type { Surroundings } from './surroundings.ts';
import { userLog } from './user-log.ts';
import { Watchers } from './watchers.ts';
import { WorkerProcess, type CurrentRun } from './worker-process.ts';

/** Checks the options; opens nothing and starts nothing. @throws CONFIG_INVALID */
export function createApp(options: AppOptions = {}, surroundings: Surroundings = {}): App {
  return new App(options, surroundings);
}

/** One program's jobs, its store and, while it works, its worker. Installs no signal handler and never exits. */
export class App {
  readonly client: StoreClient;
  readonly insight = new Insight({ worker: () => this.#worker, backend: () => this.#backend.open() });
  /** Who waits at the other end of a connection. */
  readonly callers: Callers;
  #options: AppOptions;
  #settings: Settings;
  readonly #news = new RunNews({ backend: () => this.#backend.open(), clock: systemClock, log: () => this.log });
  readonly #watchers = new Watchers(() => this.log);
  readonly #interrupted = new AbortController();
  #log: Log | undefined;
  readonly #jobs: JobCatalog;
  readonly #backend: LazyBackend;
  readonly #faces = new Faces();
  readonly #stopping = new AbortController();
  readonly #failed = createDeferred<never>();
  #worker: WorkerProcess | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: AppOptions, { actor = 'api', isBrief = false }: Surroundings) {
    // Each run that is waited for, and each open answer, hears one of them.
    setMaxListeners(0, this.#interrupted.signal, this.#stopping.signal);
    this.#failed.promise.catch(() => undefined);
    this.#options = options;
    this.#settings = settingsOf(options);
    this.#jobs = new JobCatalog(options.jobs);
    this.#backend = new LazyBackend(() => this.#prepareBackend(isBrief), this.#failed.reject);
    this.client = new StoreClient({
      backend: () => this.#backend.use(),
      registry: () => this.#jobs.known(this.#options.jobs),
      clock: systemClock,
      news: this.#news,
      meter: this.insight.meters,
      actor,
      maxBytes: () => this.#settings.valueBytes,
      redact: () => this.#settings.redact,
      close: () => Promise.resolve(),
    });
    this.callers = new Callers({
      engine: async () => {
        await this.loadJobs();
        return (await this.#workerProcess('tree')).engine();
      },
      submission: () => this.#submission(),
      client: this.client.on(() => this.#backend.open()),
      backend: () => this.#backend.open(),
      log: () => this.log,
    });
  }

  get registry(): Registry {
    return this.#jobs.registry;
  }

  get node(): string {
    return this.#settings.node;
  }

  get log(): Log {
    const { log } = this.#options;
    this.#log ??= isLog(log) ? userLog(log) : createLogger(log ?? {});
    return this.#log;
  }

  /** As given, and as `configure` left them. */
  get options(): AppOptions {
    return this.#options;
  }

  /** Something was opened or begun, so its options are settled. */
  get isOpen(): boolean {
    return this.#backend.isOpen || this.#worker !== undefined || this.#jobs.isLoaded;
  }

  /**
   * Puts other options in the place of those given at creation: the command line's flags win over the program's own
   * (CONTRACTS EGO-26). Jobs that were handed over stay. @throws CONFIG_INVALID, also when something is open already
   */
  configure(options: AppOptions): void {
    if (this.isOpen) {
      throw new OnejobError('CONFIG_INVALID', 'the app works already: its options cannot be changed any more');
    }
    this.#settings = settingsOf(options);
    this.#options = options;
    this.#log = undefined;
  }

  /** Another room's part of this program, played where its role is asked for. Before `start`. */
  attach(face: Face): void {
    this.#faces.add(face);
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Where it serves HTTP, or null. */
  get url(): string | null {
    return this.#faces.url;
  }

  /** Aborts when the app begins to stop: answers without an end must end. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Files that gave no job; known after `loadJobs`. */
  get problems(): readonly JobFileProblem[] {
    return this.#jobs.problems;
  }

  get load(): number {
    return this.#worker?.load ?? 0;
  }

  /** Store and jobs together; each is also opened by what needs it. */
  async open(): Promise<void> {
    await Promise.all([this.openStore(), this.loadJobs()]);
  }

  /** Finds the jobs where the options say. Idempotent. @throws CONFIG_INVALID for two jobs of one name */
  loadJobs(): Promise<void> {
    return this.#jobs.load(this.#options.jobs);
  }

  /** Opens the store, brings its schema up to date, and frees what dead processes of this machine held. Idempotent. */
  async openStore(): Promise<Store> {
    return (await this.#backend.use()).store;
  }

  /**
   * Plays its roles until `stop`: takes whatever is due, serves HTTP. Resolves once all is up. A worker that was wrongly
   * taken for dead enrols anew by itself. @throws APP_STOPPING after `stop`: an app has one life
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
  async execute(requests: readonly ExecuteRequest[], watcher: RunWatcher = {}): Promise<Run[]> {
    void this.#backend.use().catch(() => undefined); // opens while job files load
    await this.loadJobs();
    this.#stopping.signal.throwIfAborted();
    const worker = await this.#workerProcess('tree');
    const executed = execute(requests, watcher, {
      ...this.#submission(),
      engine: await worker.engine(),
      signal: this.#interrupted.signal,
      watch: (run, told) => this.#watchers.watch(run, told),
    });
    return Promise.race([executed, this.failed]);
  }

  /**
   * Leaves runs to a worker, all in one commit, and resolves with them as they are then, in the order of the requests.
   * @throws as `execute`
   */
  async enqueue(requests: readonly ExecuteRequest[]): Promise<EnqueuedRun[]> {
    const [{ outbox, signals }] = await Promise.all([this.#backend.use(), this.loadJobs()]);
    const runs = await enqueue(requests, { ...this.#submission(), submit: (wished) => outbox.submit(wished) });
    signals.work();
    return runs;
  }

  /** What `execute` runs is told to stop and ends as cancelled, with code RUN_INTERRUPTED; what waits is left waiting. */
  interrupt(signal: string): void {
    const reason = new OnejobError('RUN_INTERRUPTED', `interrupted by ${signal}`);
    this.#interrupted.abort(reason);
    this.#worker?.interrupt(reason);
  }

  /** The run whose code executes now, also in a callback; null outside of runs in execution here. */
  get current(): CurrentRun | null {
    return this.#worker?.current ?? null;
  }

  /**
   * For who listens to `uncaughtException` and `unhandledRejection`, called inside of the listener: fails for good the
   * run whose code threw, or all in execution where that is not known. `late`: it is the fault of a run that has ended
   * already; `nobody`: no run is in execution.
   */
  fault(thrown: unknown): 'failed' | 'late' | 'nobody' {
    return this.#worker?.fault(thrown) ?? 'nobody';
  }

  /** Waits for what runs, gives back what does not end within `graceMs`, closes services and store. Idempotent. */
  stop(graceMs = 25_000): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #start(): Promise<void> {
    void this.#backend.use().catch(() => undefined);
    await this.loadJobs();
    const { roles } = this.#settings;
    const worker = roles.includes('worker') ? await this.#workerProcess('all') : undefined;
    await this.openStore();
    await this.#faces.start(roles); // first: where an address is taken, no run must have begun
    if (this.#stopped) return this.#faces.stop();
    await worker?.start();
  }

  #prepareBackend(isBrief: boolean): Promise<PreparedBackend> {
    return prepareBackend({
      store: this.#options.store ?? defaultStore,
      isBrief,
      migrates: this.#settings.migrate === 'auto',
      log: this.log,
      meter: this.insight.meters,
      news: this.#news,
    });
  }

  #submission() {
    const { valueBytes: maxBytes, redact } = this.#settings;
    return { registry: this.registry, client: this.client, maxBytes, redact };
  }

  async #workerProcess(scope: 'all' | 'tree'): Promise<WorkerProcess> {
    const backend = await this.#backend.open();
    if (this.#worker && scope === 'all' && this.#worker.scope === 'tree') {
      throw new OnejobError('APP_STOPPING', 'this app runs jobs by itself already; start it before it executes');
    }
    this.#worker ??= new WorkerProcess({
      scope,
      backend,
      registry: this.registry,
      settings: this.#settings,
      observer: this.#watchers,
      meter: this.insight.meters,
      log: this.log,
      clock: systemClock,
    });
    this.#worker.failed.catch((error: unknown) => this.#failed.reject(error));
    return this.#worker;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#backend.retire();
    this.#stopping.abort(stopped());
    await this.#started?.catch(() => undefined);
    await endApp(
      { faces: this.#faces, news: this.#news, worker: this.#worker, callers: this.callers, backend: this.#backend },
      graceMs,
    );
  }
}

import { buryPredecessors } from '../engine/predecessors.ts';
import { Engine } from '../engine/engine.ts';
import type { AnyJob } from '../job/define.ts';
import { OnejobError } from '../job/errors.ts';
import { Registry } from '../job/registry.ts';
import type { Run } from '../job/run.ts';
import { discoverJobs } from '../plugins/discover.ts';
import type { JobFileProblem } from '../plugins/problem.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { systemClock } from '../std/clock.ts';
import { defaultStore, openStore } from './backend.ts';
import { Client } from './client.ts';
import type { ExecuteRequest, RunWatcher } from './execute.ts';
import { enqueue, execute } from './execution.ts';
import { createLogger } from './logger.ts';
import type { AppOptions } from './options.ts';
import { settingsOf, type Settings } from './settings.ts';
import { version } from './version.ts';
import { Watchers } from './watchers.ts';

/** Checks the options; opens nothing and starts nothing. @throws CONFIG_INVALID */
export function createApp(options: AppOptions = {}): App {
  return new App(options);
}

/** One program's jobs, its store and, while it works, its worker. Installs no signal handler and never exits. */
export class App {
  readonly registry: Registry;
  readonly client: Client;
  #options: AppOptions;
  #settings: Settings;
  readonly #watchers = new Watchers();
  readonly #interrupted = new AbortController();
  #log: Log | undefined;
  #problems: readonly JobFileProblem[] = [];
  #jobs: Promise<void> | undefined;
  #store: Promise<Store> | undefined;
  #engine: Promise<Engine> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#settings = settingsOf(options);
    this.registry = new Registry(isJobList(options.jobs) ? options.jobs : []);
    this.client = new Client({
      store: () => this.openStore(),
      ask: async (ask) => {
        const [answer] = await (await this.openStore()).ask([ask]);
        if (!answer) throw new OnejobError('STORE_UNAVAILABLE', 'the store gave no answer');
        return answer;
      },
      clock: systemClock,
      actor: 'cli',
    });
  }

  get node(): string {
    return this.#settings.node;
  }

  get log(): Log {
    const { log } = this.#options;
    this.#log ??= log && 'child' in log ? log : createLogger(log ?? {});
    return this.#log;
  }

  /** As given, and as `configure` left them. */
  get options(): AppOptions {
    return this.#options;
  }

  /**
   * Puts other options in the place of those given at creation: the command line's flags win over the program's own
   * (CONTRACTS EGO-26). Jobs that were handed over stay. @throws CONFIG_INVALID, also when something is open already
   */
  configure(options: AppOptions): void {
    if (this.#store || this.#engine || this.#jobs) {
      throw new OnejobError('CONFIG_INVALID', 'the app works already: its options cannot be changed any more');
    }
    this.#settings = settingsOf(options);
    this.#options = options;
    this.#log = undefined;
  }

  /** Files that gave no job; known after `loadJobs`. */
  get problems(): readonly JobFileProblem[] {
    return this.#problems;
  }

  /** Store and jobs together; each is also opened by what needs it. */
  async open(): Promise<void> {
    await Promise.all([this.openStore(), this.loadJobs()]);
  }

  /** Finds the jobs where the options say. Idempotent. @throws CONFIG_INVALID for two jobs of one name */
  loadJobs(): Promise<void> {
    this.#jobs ??= this.#loadJobs();
    return this.#jobs;
  }

  /** Opens the store, brings its schema up to date, and frees what dead processes of this machine held. Idempotent. */
  openStore(): Promise<Store> {
    if (this.#stopped) return Promise.reject(new OnejobError('APP_STOPPING', 'the app has been stopped'));
    this.#store ??= this.#openStore();
    return this.#store;
  }

  /**
   * Runs jobs here, concurrently, and resolves with their runs in the order of the requests; after an interruption a
   * run that waits is given back as it is.
   * @throws JOB_UNKNOWN, INPUT_INVALID, KEY_CONFLICT, STORE_UNAVAILABLE … before anything has started
   */
  async execute(requests: readonly ExecuteRequest[], watcher: RunWatcher = {}): Promise<Run[]> {
    void this.openStore().catch(() => undefined); // opens while job files load
    await this.loadJobs();
    return execute(requests, watcher, {
      registry: this.registry,
      engine: await this.#openEngine('tree'),
      client: this.client,
      maxBytes: this.#settings.valueBytes,
      signal: this.#interrupted.signal,
      watch: (run, told) => this.#watchers.watch(run, told),
    });
  }

  /**
   * Leaves runs to a worker, all in one commit, and resolves with them as they are then, in the order of the requests.
   * @throws as `execute`
   */
  async enqueue(requests: readonly ExecuteRequest[]): Promise<Run[]> {
    const [store] = await Promise.all([this.openStore(), this.loadJobs()]);
    return enqueue(requests, {
      registry: this.registry,
      client: this.client,
      maxBytes: this.#settings.valueBytes,
      submit: (runs) => store.submit(runs),
    });
  }

  /** What `execute` runs is told to stop and ends as cancelled, with code RUN_INTERRUPTED; what waits is left waiting. */
  interrupt(signal: string): void {
    this.#interrupted.abort(new OnejobError('RUN_INTERRUPTED', `interrupted by ${signal}`));
    void this.#engine?.then((engine) => engine.interrupt(this.#interrupted.signal.reason as Error));
  }

  /** Runs that wait for a worker because the process that ran them was killed, and no living one knows their job. */
  async leftBehind(): Promise<Run[]> {
    const store = await this.openStore();
    const { items } = await store.list({ states: ['queued'], limit: 100 });
    const crashed = items.filter(({ crashes }) => crashes > 0);
    if (crashed.length === 0) return [];
    const known = new Set((await store.workers()).filter(({ slots }) => slots > 0).flatMap(({ jobs }) => jobs));
    return crashed.filter(({ job }) => !known.has(job));
  }

  /** Waits for what runs, gives back what does not end within `graceMs`, closes services and store. Idempotent. */
  stop(graceMs = 25_000): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #loadJobs(): Promise<void> {
    const { jobs } = this.#options;
    if (isJobList(jobs)) return;
    const found = await discoverJobs(jobs, process.cwd());
    this.#problems = found.problems;
    for (const job of found.jobs) this.registry.add(job);
  }

  async #openStore(): Promise<Store> {
    const given = this.#options.store ?? defaultStore;
    const store = typeof given === 'string' ? await openStore(given) : given;
    if (this.#settings.migrate === 'auto') await store.migrate();
    await buryPredecessors(store, this.log);
    return store;
  }

  #openEngine(scope: 'all' | 'tree'): Promise<Engine> {
    this.#engine ??= this.#createEngine(scope);
    return this.#engine;
  }

  async #createEngine(scope: 'all' | 'tree'): Promise<Engine> {
    const { hooks, node, nodeIsNamed, slots, valueBytes, outputBytes, leaseMs } = this.#settings;
    const store = await this.openStore();
    await hooks.onStart?.();
    return new Engine({
      store,
      registry: this.registry,
      hooks,
      clock: systemClock,
      log: this.log,
      limits: { valueBytes, outputBytes, parkAfterMs: 5_000 },
      observer: this.#watchers,
      node,
      replaces: nodeIsNamed && scope === 'all',
      version,
      slots: scope === 'all' ? slots : 1_000,
      beatMs: leaseMs / 5,
      pollMs: scope === 'all' ? 1_000 : 250,
      scope,
    });
  }

  async #stop(graceMs: number): Promise<void> {
    const engine = await this.#engine?.catch(() => undefined);
    await engine?.stop(graceMs);
    if (engine) await this.#settings.hooks.onStop?.();
    const store = await this.#store?.catch(() => undefined);
    if (typeof this.#options.store !== 'object') await store?.close();
  }
}

function isJobList(jobs: AppOptions['jobs']): jobs is readonly AnyJob[] {
  return Array.isArray(jobs);
}

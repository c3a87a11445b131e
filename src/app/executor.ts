import { setMaxListeners } from 'node:events';
import type { Engine } from '../engine/host/engine.ts';
import { RunningAttempts } from '../engine/worker/running-attempts.ts';
import type { Takes } from '../engine/host/takes.ts';
import type { WorkerHealth } from '../engine/host/worker-health.ts';
import { OnejobError } from '../job/errors.ts';
import type { Meter } from '../ports/meter.ts';
import { systemClock } from '../std/clock.ts';
import type { AppConfig } from './config/app-config.ts';
import type { RoleService } from './played-roles.ts';
import type { JobCatalog } from './job-catalog.ts';
import { stopped } from './backend/lazy-backend.ts';
import type { PreparedBackend } from './backend/prepare-backend.ts';
import { Watchers } from './watchers.ts';
import { WorkerProcess } from './worker-process.ts';

export interface ExecutorOptions {
  readonly backend: () => Promise<PreparedBackend>;
  readonly config: AppConfig;
  readonly jobs: JobCatalog;
  readonly meter: Meter;
  /** Called when the worker is of no use any more. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * Executes the runs of an app. Its worker is made when somebody needs it: a process that only asks for runs has none. A
 * worker that takes due runs executes the runs of its own process, too.
 */
export class Executor {
  /** Told of what happens to the runs that it executes. */
  readonly watchers: Watchers;
  readonly #options: ExecutorOptions;
  readonly #interrupted = new AbortController();
  #takes: Takes = 'own runs';
  #worker: WorkerProcess | undefined;
  #isStopped = false;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.watchers = new Watchers(() => options.config.log);
    setMaxListeners(0, this.#interrupted.signal); // each run that is waited for hears it
  }

  get hasWorker(): boolean {
    return this.#worker !== undefined;
  }

  /** The attempts that execute here now. */
  get running(): RunningAttempts {
    return this.#worker?.attempts ?? nothing;
  }

  /** What the worker says of itself; null while there is none. */
  get health(): WorkerHealth | null {
    return this.#worker?.health ?? null;
  }

  /** Whether the worker stopped without an answer of the store. */
  get gaveUp(): boolean {
    return this.#worker?.gaveUp ?? false;
  }

  /** Aborts when the process is interrupted: runs that wait are left waiting. */
  get interrupted(): AbortSignal {
    return this.#interrupted.signal;
  }

  /** From now on the worker takes whatever is due. @throws APP_STOPPING when it executes its own runs already */
  takeDueRuns(): RoleService {
    if (this.#worker?.takes === 'own runs') {
      throw new OnejobError('APP_STOPPING', 'this app runs jobs by itself already; start it before it executes');
    }
    this.#takes = 'due runs';
    return {
      name: 'worker',
      start: async () => {
        if (!this.#isStopped) await (await this.#open()).start();
      },
      stop: () => Promise.resolve(), // `stop` below: it may be called without a start, and takes a grace
    };
  }

  /** The engine of this process, registered in the store or not. The jobs must have been loaded. */
  async engine(): Promise<Engine> {
    return (await this.#open()).engine();
  }

  /** What executes is told to stop and ends as cancelled, with code RUN_INTERRUPTED; what waits is left waiting. */
  interrupt(signal: string): void {
    const reason = new OnejobError('RUN_INTERRUPTED', `interrupted by ${signal}`);
    this.#interrupted.abort(reason);
    this.running.interrupt(reason);
  }

  /** Stops the worker, if there is one; `WorkerProcess.stop` says what `graceMs` does. */
  async stop(graceMs: number | null): Promise<void> {
    this.#isStopped = true;
    await this.#worker?.stop(graceMs);
  }

  async #open(): Promise<WorkerProcess> {
    const { backend: open, config, jobs, meter, onFailed } = this.#options;
    const backend = await open();
    if (this.#worker) return this.#worker;
    if (this.#isStopped) throw stopped();
    const { settings, log } = config;
    const shared = { registry: jobs.registry, settings, observer: this.watchers, meter, log, clock: systemClock };
    this.#worker = new WorkerProcess({ takes: this.#takes, backend, ...shared });
    this.#worker.failed.catch(onFailed);
    return this.#worker;
  }
}

const nothing = new RunningAttempts(null);

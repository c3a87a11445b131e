import { setTimeout as pause } from 'node:timers/promises';
import { openSqliteStore } from '../adapters/sqlite/index.ts';
import { captureConsole } from '../engine/attempt/console-capture.ts';
import type { Host } from '../engine/host/host.ts';
import { ownIdentity } from '../engine/host/identity.ts';
import { Journal } from '../engine/journal/journal.ts';
import { MailboxReader } from '../engine/liveness/mailbox-reader.ts';
import { RunningAttempts } from '../engine/worker/running-attempts.ts';
import { ServicePool } from '../engine/host/service-pool.ts';
import { Worker } from '../engine/worker/worker.ts';
import { newRun } from '../intake/new-run.ts';
import type { RunRequest } from '../intake/run-request.ts';
import type { AnyJob } from '../job/define.ts';
import type { OutputLine } from '../job/output-line.ts';
import { Registry } from '../job/registry.ts';
import type { Run, RunId } from '../job/run.ts';
import { isFinal } from '../job/state.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { newId } from '../std/id.ts';
import type { FakeClock } from './fake-clock.ts';

export interface TestBenchOptions {
  readonly jobs: readonly AnyJob[];
  readonly services: Readonly<Record<string, unknown>> | undefined;
  readonly clock: FakeClock;
}

/**
 * The engine's worker and its reader of messages on a store in memory. Time moves only while nothing is in execution. Of
 * the other roles none is here: nobody makes heartbeats, for there is nobody who could take this worker for dead, and time may
 * go on by years at once.
 */
export class TestBench {
  readonly #clock: FakeClock;
  readonly #store: Store;
  readonly #host: Host;
  readonly #running = new RunningAttempts(null);
  readonly #worker: Worker;
  readonly #reader: MailboxReader;
  readonly #lines = new Map<RunId, OutputLine[]>();
  readonly #releaseConsole = captureConsole();

  private constructor({ jobs, services, clock }: TestBenchOptions, store: Store, id: string) {
    this.#clock = clock;
    this.#store = store;
    this.#host = {
      store,
      journal: new Journal({ store, worker: id, clock, log: silent }),
      registry: new Registry(jobs),
      services: services ? fixedServices(services) : new ServicePool(silent),
      hooks: {},
      clock,
      log: silent,
      // Never parked: waits take no time here, and a replay would write each log line again.
      limits: { valueBytes: 1_048_576, outputBytes: 16_777_216, parkAfterMs: Infinity },
      observer: { onLine: (run, line) => this.linesOf(run).push(line) },
      signals: { work: () => this.#worker.nudge(), mailbox: () => this.#reader.nudge() },
    };
    const running = this.#running;
    // Nobody else writes to this store, so neither looks again before it is told to, or before a run is due.
    this.#worker = new Worker({ id, host: this.#host, running, slots, tree: null, pollMs: Infinity });
    this.#reader = new MailboxReader({ store, id, running, clock, log: silent, everyMs: Infinity });
  }

  static async open(options: TestBenchOptions): Promise<TestBench> {
    const store = await openSqliteStore({ path: ':memory:', clock: options.clock });
    await store.migrate();
    const id = newId();
    const bench = new TestBench(options, store, id);
    await store.registerWorker({
      id,
      node: 'test',
      replaces: null,
      identity: ownIdentity(),
      jobs: bench.#host.registry.names(),
      slots,
      version: 'test',
      heartbeatMs: 3_600_000,
    });
    await bench.#worker.start();
    await bench.#reader.start();
    return bench;
  }

  linesOf(run: RunId): OutputLine[] {
    let lines = this.#lines.get(run);
    if (!lines) this.#lines.set(run, (lines = []));
    return lines;
  }

  /** Until the run has ended, or waits for a word that nobody sends. */
  async run(job: AnyJob, request: Omit<RunRequest, 'job' | 'trigger'>): Promise<Run> {
    const wished = await newRun(job, { ...request, trigger: 'api' }, this.#host.limits.valueBytes);
    await this.#store.submit([wished]);
    this.#worker.nudge();
    for (;;) {
      await this.#quiet();
      const [run] = await this.#store.get([wished.id], { steps: true });
      if (!run) throw new Error('the run is gone');
      const { nextTimerInMs } = this.#clock;
      if (this.#running.load === 0 && (isFinal(run.state) || nextTimerInMs === null)) return run;
      if (nextTimerInMs !== null) this.#clock.advance(nextTimerInMs);
      else for (const attempt of this.#running.all) attempt.stop(); // it waits for a word from outside, and parks
    }
  }

  async close(): Promise<void> {
    this.#worker.markAllLost();
    await Promise.all([this.#worker.stop(), this.#reader.stop()]);
    this.#releaseConsole();
    await this.#host.services.close();
    await this.#store.close();
  }

  /** Resolves when all that executes only waits, and everything is committed, claimed and delivered. */
  async #quiet(): Promise<void> {
    const { journal } = this.#host;
    for (let calm = 0; calm < calmTurns; calm++) {
      await new Promise((resolve) => setImmediate(resolve));
      // Code that executes may wait for what is not ours, as a socket.
      while (this.#worker.freeSlots < slots) {
        await pause(1);
        calm = 0;
      }
      await journal.settled();
    }
  }
}

const slots = 1_000;

/** The store in memory answers within a turn of the event loop, so whoever was told something has acted by then. */
const calmTurns = 6;

function fixedServices(services: Readonly<Record<string, unknown>>): Host['services'] {
  return { opened: () => services, open: () => Promise.resolve(services), close: () => Promise.resolve() };
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  isOn: () => false,
  child: () => silent,
};

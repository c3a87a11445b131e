import { openSqliteStore } from '../adapters/sqlite/index.ts';
import { Attempt } from '../engine/attempt.ts';
import { captureConsole } from '../engine/console-capture.ts';
import type { Host, Slot } from '../engine/host.ts';
import { ownIdentity } from '../engine/identity.ts';
import { Journal } from '../engine/journal.ts';
import { jobTerms } from '../engine/job-terms.ts';
import { runnerOf } from '../engine/runners.ts';
import { ServicePool } from '../engine/service-pool.ts';
import { newRun, type Wish } from '../engine/submission.ts';
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

/** One worker in memory, driven turn by turn: time moves only while nothing is in execution. */
export class TestBench {
  readonly #clock: FakeClock;
  readonly #store: Store;
  readonly #host: Host;
  readonly #worker = newId();
  #claims = 0;
  readonly #attempts = new Map<RunId, Attempt>();
  readonly #lines = new Map<RunId, OutputLine[]>();
  readonly #releaseConsole = captureConsole();
  #executing = 0;
  #changed: (() => void) | undefined;

  private constructor({ jobs, services, clock }: TestBenchOptions, store: Store) {
    this.#clock = clock;
    this.#store = store;
    const wake = (): void => this.#changed?.();
    this.#host = {
      store,
      journal: new Journal({ store, worker: this.#worker, clock, log: silent }),
      registry: new Registry(jobs),
      services: services ? fixedServices(services) : new ServicePool(silent),
      hooks: {},
      clock,
      log: silent,
      // Never parked: waits take no time here, and a replay would write each log line again.
      limits: { valueBytes: 1_048_576, outputBytes: 16_777_216, parkAfterMs: Infinity },
      observer: { onLine: (run, line) => this.linesOf(run).push(line) },
      signals: { work: wake, mailbox: wake },
    };
  }

  static async open(options: TestBenchOptions): Promise<TestBench> {
    const store = await openSqliteStore({ path: ':memory:', clock: options.clock });
    await store.migrate();
    const bench = new TestBench(options, store);
    await store.enrol({
      id: bench.#worker,
      node: 'test',
      replaces: null,
      identity: ownIdentity(),
      jobs: bench.#host.registry.names(),
      slots: 1_000,
      version: 'test',
      beatMs: 3_600_000,
    });
    return bench;
  }

  linesOf(run: RunId): OutputLine[] {
    let lines = this.#lines.get(run);
    if (!lines) this.#lines.set(run, (lines = []));
    return lines;
  }

  /** Until the run has ended, or waits for a word that nobody sends. */
  async run(job: AnyJob, wish: Omit<Wish, 'trigger'>): Promise<Run> {
    const wished = await newRun(job, { ...wish, trigger: 'api' }, this.#host.limits.valueBytes);
    await this.#store.submit([wished]);
    for (;;) {
      const nextDueAt = await this.#turn();
      const [run] = await this.#store.get([wished.id], { steps: true });
      if (!run) throw new Error('the run is gone');
      if (this.#attempts.size === 0 && (isFinal(run.state) || nextDueAt === null)) return run;
      if (this.#executing > 0) await this.#nextChange();
      else if (!this.#skip(nextDueAt)) for (const attempt of this.#attempts.values()) attempt.stop(); // it parks
    }
  }

  async close(): Promise<void> {
    for (const attempt of this.#attempts.values()) attempt.lose();
    this.#releaseConsole();
    await this.#host.services.close();
    await this.#store.close();
  }

  /** Claims what is due, delivers mail, lets what runs get on. Answers when the next run is due. */
  async #turn(): Promise<number | null> {
    await this.#settle();
    const { registry } = this.#host;
    const wish = { number: ++this.#claims, worker: this.#worker, jobs: jobTerms(registry), free: 1_000, turn: 0 };
    const { claims, nextDueAt } = await this.#store.claim(wish);
    const storeZeroMs = this.#clock.now() - this.#clock.monotonic(); // the store goes by the same clock
    for (const claim of claims) {
      const slot = this.#slot();
      const job = registry.get(claim.job);
      const attempt = new Attempt({ claim, job, host: this.#host, slot, storeZeroMs, runner: runnerOf(job) });
      this.#attempts.set(claim.run, attempt);
      void attempt.run().finally(() => {
        this.#attempts.delete(claim.run);
        slot.release();
        this.#changed?.();
      });
    }
    const runs = [...this.#attempts.values()].flatMap(({ mailbox }) => mailbox ?? []);
    const { inboxes } = await this.#store.messages({ worker: this.#worker, runs, maxBytes: Number.MAX_SAFE_INTEGER });
    for (const inbox of inboxes) this.#attempts.get(inbox.run)?.deliver(inbox);
    await this.#settle();
    return claims.length > 0 ? this.#clock.now() : nextDueAt;
  }

  /** Until what was just delivered, claimed or fired shows: a few turns of the event loop, and all entries committed. */
  async #settle(): Promise<void> {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    await this.#host.journal.settled();
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  #slot(): Slot {
    let has = true;
    this.#executing++;
    const set = (now: boolean): void => {
      if (now !== has) this.#executing += now ? 1 : -1;
      has = now;
      this.#changed?.();
    };
    return {
      release: () => set(false),
      take: () => Promise.resolve(set(true)),
      isReachable: true,
      mayStart: () => Promise.resolve(),
    };
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }

  /** To the next timer or due run. False: there is neither, only a word from outside would help. */
  #skip(nextDueAt: number | null): boolean {
    const { nextTimerAt } = this.#clock;
    const next = Math.min(nextDueAt ?? Infinity, nextTimerAt ?? Infinity);
    if (next === Infinity) return false;
    this.#clock.advance(Math.max(0, next - this.#clock.now()));
    return true;
  }
}

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

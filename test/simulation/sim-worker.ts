import { Engine } from '../../src/engine/host/engine.ts';
import { Outbox } from '../../src/intake/outbox.ts';
import { ServicePool } from '../../src/engine/host/service-pool.ts';
import { Signals } from '../../src/intake/signals.ts';
import { Registry } from '../../src/job/registry.ts';
import type { RunId } from '../../src/job/run.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Store } from '../../src/ports/store.ts';
import { createJobs, type Troupe } from './jobs.ts';
import type { Setting } from './plan.ts';
import type { SimClock } from './sim-clock.ts';

export interface SimWorkerOptions {
  readonly n: number;
  readonly setting: Setting;
  readonly clock: SimClock;
  readonly store: (isDead: () => boolean) => Store;
  readonly hint: () => void;
  readonly troupe: Omit<Troupe, 'clock' | 'isDead' | 'epochOf'>;
  readonly say: (text: string) => void;
}

/** One process: a whole engine with a clock of its own. */
export class SimWorker {
  readonly n: number;
  readonly clock: SimClock;
  readonly #engine: Engine;
  readonly #signals: Signals;
  readonly #say: (text: string) => void;
  readonly #epochs = new Map<RunId, number>();
  #dead = false;
  /** True ms that it still stands, and that passed meanwhile. */
  #frozen: { leftMs: number; missedMs: number; readonly asleep: boolean } | undefined;

  constructor({ n, setting, clock, store: storeOf, hint, troupe, say }: SimWorkerOptions) {
    this.n = n;
    this.clock = clock;
    this.#say = say;
    const isDead = (): boolean => this.#dead;
    const store = storeOf(isDead);
    const { slots, parkAfterMs } = setting;
    const epochOf = (run: RunId): number => this.#epochs.get(run) ?? 0;
    const others = { work: hint, mailbox: () => undefined }; // a hint here is of both
    const signals = (this.#signals = new Signals({ others, facts: store.facts }));
    this.#engine = new Engine({
      store,
      outbox: new Outbox({ store, clock, log: silent }),
      registry: new Registry(createJobs({ ...troupe, clock, isDead, epochOf })),
      services: new ServicePool(silent, clock),
      hooks: {},
      clock,
      log: silent,
      limits: { valueBytes: 1e6, outputBytes: 1e7, parkAfterMs },
      observer: { onStart: ({ run, epoch }) => void this.#epochs.set(run, epoch) },
      node: `w${n}`,
      replaces: false,
      version: '1',
      slots,
      leaseMs: 10_000,
      pollMs: 1_000,
      retention: { succeededMs: 9e14, failedMs: 9e14, succeededRuns: 1e9, failedRuns: 1e9 },
      takes: 'due runs',
      exitOnStall: false,
      signals,
      onEvicted: () => this.end('is evicted'),
    });
    this.#up();
  }

  get isDead(): boolean {
    return this.#dead;
  }

  get isFrozen(): boolean {
    return this.#frozen !== undefined;
  }

  /** Lives and goes on: what it asks is answered. */
  get isAwake(): boolean {
    return !this.#dead && !this.isFrozen;
  }

  nudge(): void {
    if (!this.isAwake) return;
    this.#signals.workHere();
    this.#signals.mailboxHere(null);
  }

  end(how: string): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#say(`w${this.n} ${how}`);
  }

  stop(): void {
    void this.#engine.stop(3_000).then(() => this.end('has stopped'));
  }

  freeze(ms: number, asleep: boolean): void {
    this.#frozen ??= { leftMs: ms, missedMs: 0, asleep };
  }

  /** True time passes. */
  pass(ms: number): void {
    if (this.#dead) return;
    const frozen = this.#frozen;
    if (!frozen) return this.clock.pass(ms);
    frozen.leftMs -= ms;
    frozen.missedMs += ms;
    if (frozen.leftMs <= 0) this.thaw();
  }

  thaw(): void {
    const frozen = this.#frozen;
    if (!frozen) return;
    this.#frozen = undefined;
    this.#say(`w${this.n} goes on`);
    if (!frozen.asleep) this.clock.pass(frozen.missedMs);
  }

  /** A store that is away is asked again. */
  #up(): void {
    this.#engine.start().catch(() => {
      if (!this.#dead) this.#up();
    });
  }
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  isOn: () => false,
  child: () => silent,
};

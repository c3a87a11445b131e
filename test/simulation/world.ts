import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { RunId } from '../../src/job/run.ts';
import type { Store } from '../../src/ports/store.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { Check } from './check.ts';
import { checks } from './checks/index.ts';
import { isKnown } from './known-faults.ts';
import { Ledger } from './ledger.ts';
import type { Observed } from './observed.ts';
import type { Plan } from './plan.ts';
import { SimClock } from './sim-clock.ts';
import { SimWorker } from './sim-worker.ts';
import { describeCall } from './trace.ts';
import { HeldCalls, type Done, type HeldCall } from './faulty-store.ts';

/** When every history begins. */
const startMs = Date.UTC(2026, 0, 1);

/** One store, several workers, and what is known of them. It does nothing by itself: the scheduler makes things happen. */
export class World {
  readonly plan: Plan;
  readonly ledger = new Ledger();
  readonly calls = new HeldCalls(() => this.now);
  readonly workers: SimWorker[] = [];
  readonly faults: string[] = [];
  readonly known: string[] = [];
  readonly trace: string[] = [];
  /** Grows whenever a run gets on. */
  progress = 0;
  readonly #checks: readonly Check[];
  readonly #skew: () => number;
  readonly #poisoned = new Map<string, number>();
  readonly #onCall: ((call: Observed) => void) | undefined;
  #store: Store | undefined;
  #now = startMs;
  #latencyMs = 0;
  readonly #failedSince = new Map<string, number>();
  #unique = 0;

  constructor(plan: Plan, onCall?: (call: Observed) => void) {
    this.plan = plan;
    this.#onCall = onCall;
    const random = seededRandom(plan.seed ^ 0x5eed);
    this.#skew = () => Math.floor((random() - 0.5) * 7_200_000);
    const harness = {
      ledger: this.ledger,
      blame: (sentence: string) => this.blame(sentence),
      haste: () => ({ speed: Math.max(...plan.setting.speeds), latencyMs: this.#latencyMs }),
    };
    this.#checks = checks.map((make) => make(harness));
  }

  /** True time, which is the store's. */
  get now(): number {
    return this.#now;
  }

  get store(): Store {
    if (!this.#store) throw new Error('the world is not open');
    return this.#store;
  }

  async open(): Promise<void> {
    this.#store = await openSqliteStore({ path: ':memory:', clock: { now: () => this.#now } });
    await this.#store.migrate();
    for (let n = 0; n < this.plan.setting.workers; n++) this.addWorker();
  }

  async close(): Promise<void> {
    for (const worker of this.workers) worker.end('is put away');
    await this.#store?.close();
  }

  get living(): SimWorker[] {
    return this.workers.filter(({ isDead }) => !isDead);
  }

  addWorker(): void {
    const { setting } = this.plan;
    const n = this.workers.length;
    const speed = setting.speeds[n % setting.speeds.length] ?? 1;
    const clock = new SimClock({ startMs: this.#now, skewMs: this.#skew(), speed });
    this.say(`w${n} begins`);
    const actor = (run: RunId, epoch: number) => ({ worker: n, run, epoch });
    const worker = new SimWorker({
      n,
      setting,
      clock,
      store: (isDead) => this.calls.storeOf(n, this.store, isDead),
      hint: () => this.hint(n),
      say: (text) => this.say(text),
      troupe: {
        begin: (run, epoch, step) => {
          this.say(`w${n} executes ${this.ledger.nameOf(run)} ${step}`);
          for (const check of this.#checks) check.body?.(actor(run, epoch), step);
        },
        told: (run, epoch, step, value) => {
          for (const check of this.#checks) check.result?.(actor(run, epoch), step, value);
        },
        calledBack: (ended) => {
          this.say(`w${n} is called back: ${this.ledger.nameOf(ended.run)} ${ended.state}`);
          for (const check of this.#checks) check.calledBack?.(ended);
        },
        kills: (name, times) => {
          const killed = this.#poisoned.get(name) ?? 0;
          if (killed >= times) return false;
          this.#poisoned.set(name, killed + 1);
          worker.end('is poisoned');
          return true;
        },
        unique: (name) => `${name}#${this.#unique++}`,
      },
    });
    this.workers.push(worker);
  }

  /** Somebody made work or sent a message. */
  hint(from?: number): void {
    if (this.plan.setting.hints) for (const worker of this.workers) if (worker.n !== from) worker.nudge();
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const worker of this.workers) worker.pass(ms);
  }

  /** The store carries out a call, and whoever watches hears of it. */
  async carryOut(worker: number | null, method: keyof Store, args: readonly unknown[]): Promise<Done> {
    try {
      const call = this.store[method] as (...given: readonly unknown[]) => Promise<unknown>;
      const answer = await call.apply(this.store, [...args]);
      await this.#watch({ worker, method, args, answer, now: this.#now } as Observed);
      return { answer };
    } catch (error) {
      this.blame(`${method} throws ${String(error)}`);
      return { error };
    }
  }

  /** How long the answer of a call was on its way: one that has failed is made again. */
  answered({ worker, method, askedAt }: HeldCall, hasFailed: boolean): void {
    const name = `${worker} ${method}`;
    const since = this.#failedSince.get(name) ?? askedAt;
    if (hasFailed) this.#failedSince.set(name, since);
    else this.#failedSince.delete(name);
    this.#latencyMs = Math.max(this.#latencyMs, this.#now - since);
  }

  async end(): Promise<void> {
    const { items } = await this.store.list({ limit: 10_000 });
    for (const check of this.#checks) check.end?.(items);
  }

  say(text: string): void {
    this.trace.push(`${this.#now - startMs} ${text}`);
  }

  blame(sentence: string): void {
    this.say(`FAULT ${sentence}`);
    (isKnown(sentence) ? this.known : this.faults).push(sentence);
  }

  async #watch(call: Observed): Promise<void> {
    this.#onCall?.(call);
    for (const check of this.#checks) check.call?.(call);
    this.ledger.take(call);
    for (let runs = this.ledger.touched(); runs.length > 0; runs = this.ledger.touched()) {
      this.ledger.observe(await this.store.get(runs));
    }
    if (call.method === 'prune') await this.#lookForPruned();
    for (const check of this.#checks) check.taken?.(call);
    if (call.method === 'record' || (call.method === 'claim' && call.answer.claims.length > 0)) this.progress++;
    const text = describeCall(call, this.ledger);
    if (text !== undefined) this.say(`${call.worker === null ? 'somebody' : `w${call.worker}`} ${text}`);
  }

  async #lookForPruned(): Promise<void> {
    const kept = this.ledger.runs.filter(({ pruned }) => !pruned);
    const rows = await this.store.get(kept.map(({ id }) => id));
    kept.forEach((run, i) => {
      if (rows[i] === null) run.pruned = true;
    });
  }
}

import type { RunId } from '../../job/run.ts';
import type { Log } from '../../ports/log.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Store } from '../../ports/store.ts';
import type { EvictTarget, WorkerId, WorkerView } from '../../ports/store-worker.ts';
import type { Clock } from '../../std/clock.ts';
import { Loop } from '../../std/loop.ts';
import type { Service } from '../../std/service.ts';
import { tellEnds } from './ends-of-eviction.ts';
import { isThere, ownIdentity } from '../host/identity.ts';

export interface RescuerOptions {
  readonly store: Store;
  /** This process's own worker, which it never evicts. */
  readonly own: WorkerId;
  readonly clock: Clock;
  readonly log: Log;
  readonly leaseMs: number;
  readonly meter?: Meter | undefined;
  /** Told of runs that were taken: queued again, or failed after too many crashes. */
  readonly onFreed: (runs: readonly RunId[]) => void;
}

/**
 * Takes the runs of dead workers back (protocol/liveness#the-watch). No wall clock decides: a worker is dead when this process itself has
 * watched its counter stand still for the lease, by its own monotonic clock, in polls that all succeeded and none of
 * them late. Any gap, a store away, a blocked loop, a laptop asleep, starts the watch anew. So does a poll that does not
 * find this process's own counter raised: reads may be answered while no write is, as where SQLite's file is locked, and
 * then nobody's counter moves.
 */
export class Rescuer implements Service {
  readonly name = 'rescuer';
  readonly #options: RescuerOptions;
  readonly #loop: Loop;
  readonly #everyMs: number;
  readonly #counters = new Map<WorkerId, { readonly heartbeat: number; readonly since: number }>();
  readonly #running = new Map<string, number>();
  #lastPollAt: number | null = null;
  #ownHeartbeat: number | undefined;

  constructor(options: RescuerOptions) {
    this.#options = options;
    this.#everyMs = options.leaseMs / 5;
    this.#loop = new Loop({
      name: this.name,
      clock: options.clock,
      body: () => this.#turn(),
      onError: (error) => {
        this.#forget();
        options.log.debug('looking after other workers failed', { error: String(error) });
      },
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #turn(): Promise<number> {
    const { clock, store, own, leaseMs } = this.#options;
    const askedAt = clock.monotonic();
    if (this.#lastPollAt !== null && askedAt - this.#lastPollAt > lateness * this.#everyMs) this.#forget();
    const workers = await store.workers();
    const now = clock.monotonic();
    if (now - askedAt > this.#everyMs) this.#forget();
    const ownHeartbeat = workers.find(({ id }) => id === own)?.heartbeat;
    if (ownHeartbeat === undefined || ownHeartbeat === this.#ownHeartbeat) this.#forget();
    this.#ownHeartbeat = ownHeartbeat;
    this.#lastPollAt = now;
    const others = workers.filter(({ id }) => id !== own);
    const targets = [...this.#dead(others, now, leaseMs), ...this.#overdue(others, now)];
    if (targets.length > 0) await this.#evict(targets, others);
    return this.#everyMs;
  }

  #dead(workers: readonly WorkerView[], now: number, leaseMs: number): EvictTarget[] {
    const targets: EvictTarget[] = [];
    for (const worker of workers) {
      const { id, heartbeat } = worker;
      const seen = this.#counters.get(id);
      if (seen?.heartbeat !== heartbeat) this.#counters.set(id, { heartbeat, since: now });
      else if (now - seen.since >= patienceMs(worker, leaseMs))
        targets.push({ id, seenHeartbeat: heartbeat, counted: true });
    }
    keepOnly(this.#counters, new Set(workers.map(({ id }) => id)));
    return targets;
  }

  /**
   * Runs past their limit whose worker's main loop stands still: a living loop ends its runs itself, and only it knows
   * how much of the time was spent waiting (protocol/liveness#limits-and-stalls).
   */
  #overdue(workers: readonly WorkerView[], now: number): EvictTarget[] {
    const targets: EvictTarget[] = [];
    const present = new Set<string>();
    for (const { running, stalled, node } of workers) {
      for (const { run, epoch, limitMs } of running) {
        const name = `${run} ${epoch}`;
        present.add(name);
        const since = this.#running.get(name) ?? now;
        this.#running.set(name, since);
        if (!stalled || now - since < limitMs) continue;
        const message = `the run passed its limit of ${limitMs} ms on ${node}, whose main loop stands still`;
        targets.push({ run, epoch, code: 'RUN_TIMED_OUT', message });
      }
    }
    keepOnly(this.#running, present);
    return targets;
  }

  async #evict(targets: readonly EvictTarget[], workers: readonly WorkerView[]): Promise<void> {
    const { store, log, onFreed, meter } = this.#options;
    const taken = await store.evict(targets);
    for (const [i, target] of targets.entries()) {
      const runs: RunId[] = taken[i] ?? [];
      if ('run' in target) {
        if (runs.length > 0) log.warn("a run past its limit was ended over its worker's head", { run: target.run });
        continue;
      }
      const node = workers.find(({ id }) => id === target.id)?.node;
      // It held nothing, another rescuer was first, or its counter moved after all: nothing was taken over.
      if (runs.length === 0) {
        log.debug('a worker stood still; no run was taken over', { node, worker: target.id });
        continue;
      }
      meter?.tookOver({ workers: 1, runs: runs.length });
      log.warn('a worker is dead; its runs are taken over', { node, worker: target.id, runs: runs.length });
    }
    const freed = taken.flat();
    if (freed.length > 0) onFreed(freed);
    await tellEnds({ store, meter, log }, targets, taken);
  }

  #forget(): void {
    this.#counters.clear();
    this.#running.clear();
    this.#lastPollAt = null;
  }
}

/**
 * How long a counter may stand still. A short command has no thread for heartbeats yet, and its main loop may stand
 * still from its first instruction on. So before its first heartbeat a worker is judged by its process, where that can
 * be seen (protocol/liveness#short-commands). It has a limit, too, because a process may go on after its worker has
 * ended.
 */
function patienceMs({ heartbeat, identity }: WorkerView, leaseMs: number): number {
  return heartbeat === 0 && isThere(identity, ownIdentity()) ? Math.max(leaseMs, 300_000) : leaseMs;
}

/** A poll that comes later than this many intervals after the one before is a gap. */
const lateness = 2.5;

function keepOnly<K>(map: Map<K, unknown>, keys: ReadonlySet<K>): void {
  for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
}

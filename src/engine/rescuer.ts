import type { RunId } from '../job/run.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Store } from '../ports/store.ts';
import type { Grave, WorkerId, WorkerView } from '../ports/store-worker.ts';
import type { Clock } from '../std/clock.ts';
import { Loop } from '../std/loop.ts';
import type { Service } from '../std/service.ts';
import { tellEnds } from './ends-of-burial.ts';
import { isThere, ownIdentity } from './identity.ts';

export interface RescuerOptions {
  readonly store: Store;
  /** This process's own worker, which it never buries. */
  readonly own: WorkerId;
  readonly clock: Clock;
  readonly log: Log;
  readonly leaseMs: number;
  readonly meter?: Meter | undefined;
  /** Told of runs that were taken: queued again, or failed after too many crashes. */
  readonly onFreed: (runs: readonly RunId[]) => void;
}

/**
 * Takes the runs of dead workers back (STORE §3). No wall clock decides: a worker is dead when this process itself has
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
  readonly #counters = new Map<WorkerId, { readonly beat: number; readonly since: number }>();
  readonly #running = new Map<string, number>();
  #lastPollAt: number | null = null;
  #ownBeat: number | undefined;

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
    const ownBeat = workers.find(({ id }) => id === own)?.beat;
    if (ownBeat === undefined || ownBeat === this.#ownBeat) this.#forget();
    this.#ownBeat = ownBeat;
    this.#lastPollAt = now;
    const others = workers.filter(({ id }) => id !== own);
    const graves = [...this.#dead(others, now, leaseMs), ...this.#overdue(others, now)];
    if (graves.length > 0) await this.#bury(graves, others);
    return this.#everyMs;
  }

  #dead(workers: readonly WorkerView[], now: number, leaseMs: number): Grave[] {
    const graves: Grave[] = [];
    for (const worker of workers) {
      const { id, beat } = worker;
      const seen = this.#counters.get(id);
      if (seen?.beat !== beat) this.#counters.set(id, { beat, since: now });
      else if (now - seen.since >= patienceMs(worker, leaseMs)) graves.push({ id, seenBeat: beat, counted: true });
    }
    keepOnly(this.#counters, new Set(workers.map(({ id }) => id)));
    return graves;
  }

  /**
   * Runs past their limit whose worker's main loop stands still: a living loop ends its runs itself, and only it knows
   * how much of the time was spent waiting (STORE §3.5).
   */
  #overdue(workers: readonly WorkerView[], now: number): Grave[] {
    const graves: Grave[] = [];
    const present = new Set<string>();
    for (const { running, stalled, node } of workers) {
      for (const { run, epoch, limitMs } of running) {
        const name = `${run} ${epoch}`;
        present.add(name);
        const since = this.#running.get(name) ?? now;
        this.#running.set(name, since);
        if (!stalled || now - since < limitMs) continue;
        const message = `the run passed its limit of ${limitMs} ms on ${node}, whose main loop stands still`;
        graves.push({ run, epoch, code: 'RUN_TIMED_OUT', message });
      }
    }
    keepOnly(this.#running, present);
    return graves;
  }

  async #bury(graves: readonly Grave[], workers: readonly WorkerView[]): Promise<void> {
    const { store, log, onFreed, meter } = this.#options;
    const taken = await store.bury(graves);
    for (const [i, grave] of graves.entries()) {
      const runs: RunId[] = taken[i] ?? [];
      if ('run' in grave) {
        if (runs.length > 0) log.warn("a run past its limit was ended over its worker's head", { run: grave.run });
        continue;
      }
      const node = workers.find(({ id }) => id === grave.id)?.node;
      // It held nothing, another rescuer was first, or its counter moved after all: nothing was taken over.
      if (runs.length === 0) {
        log.debug('a worker stood still; no run was taken over', { node, worker: grave.id });
        continue;
      }
      meter?.tookOver({ workers: 1, runs: runs.length });
      log.warn('a worker is dead; its runs are taken over', { node, worker: grave.id, runs: runs.length });
    }
    const freed = taken.flat();
    if (freed.length > 0) onFreed(freed);
    await tellEnds({ store, meter, log }, graves, taken);
  }

  #forget(): void {
    this.#counters.clear();
    this.#running.clear();
    this.#lastPollAt = null;
  }
}

/**
 * A short command has no thread yet that beats for it, and its main loop may stand still from its first instruction on.
 * Before its first beat it is judged by its process, where that can be seen; not for ever, for a process may outlive
 * its worker.
 */
function patienceMs({ beat, identity }: WorkerView, leaseMs: number): number {
  return beat === 0 && isThere(identity, ownIdentity()) ? Math.max(leaseMs, 300_000) : leaseMs;
}

/** A poll that comes later than this many intervals after the one before is a gap. */
const lateness = 2.5;

function keepOnly<K>(map: Map<K, unknown>, keys: ReadonlySet<K>): void {
  for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
}

import type { WorkerId } from '../../../ports/store-worker.ts';
import type { WriterHeartbeat } from '../worker/roster.ts';
import type { Answer, Call, Writer } from './writer.ts';

/** A main loop that turns sends something every two seconds: the heartbeat of its worker. */
const stalledAfterMs = 5_000;

/**
 * Raises the counters of the registered workers, also while their main loop stands still (protocol/liveness#heartbeats). A heartbeat waits in the
 * writer's line like any call: one that gave up on a locked file would look like a dead worker.
 */
export class WriterHeartbeats {
  readonly #writer: Writer;
  readonly #timers = new Map<WorkerId, NodeJS.Timeout>();
  /** When the main loop was last heard of, by this thread's monotonic clock. */
  #heardAt = performance.now();

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  heard(): void {
    this.#heardAt = performance.now();
  }

  start(worker: WorkerId, everyMs: number): void {
    this.#stop(worker);
    // Messages that came while this thread was busy are read first: they show that the loop turns.
    const timer = setInterval(() => setImmediate(() => this.#heartbeat(worker)), everyMs);
    this.#timers.set(worker, timer);
  }

  stopAll(): void {
    for (const worker of this.#timers.keys()) this.#stop(worker);
  }

  /** Takes out the answers to heartbeats. For a worker that was evicted no further one is made. */
  take(answers: readonly Answer[]): readonly Answer[] {
    if (!answers.some(({ method }) => method === 'heartbeatAlone')) return answers;
    for (const { method, value, error } of answers) {
      if (method !== 'heartbeatAlone' || error !== undefined) continue;
      const { worker, alive } = value as WriterHeartbeat;
      if (!alive) this.#stop(worker);
    }
    return answers.filter(({ method }) => method !== 'heartbeatAlone');
  }

  #heartbeat(worker: WorkerId): void {
    if (!this.#timers.has(worker)) return;
    const stalled = performance.now() - this.#heardAt > stalledAfterMs;
    const call: Call = { id: 0, method: 'heartbeatAlone', argument: { worker, stalled }, weight: 0 };
    this.#writer.push([call]);
  }

  #stop(worker: WorkerId): void {
    clearInterval(this.#timers.get(worker));
    this.#timers.delete(worker);
  }
}

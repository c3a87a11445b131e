import type { WaitTracker } from './wait-tracker.ts';
import type { Execution } from '../attempt/execution.ts';
import type { Suspension } from './suspension.ts';

/**
 * New steps wait here: for a full journal, for a store that does not answer, for the slot that the attempt gave up while
 * it only waited, for ever while stopping and once the attempt is over.
 */
export class StepGate {
  readonly #execution: Execution;
  readonly #waitTracker: WaitTracker;
  readonly #suspension: Suspension;

  constructor(execution: Execution, waitTracker: WaitTracker, suspension: Suspension) {
    this.#execution = execution;
    this.#waitTracker = waitTracker;
    this.#suspension = suspension;
  }

  /** Whether `pass` would let a step through at once. */
  get isOpen(): boolean {
    const { ending } = this.#execution;
    return !ending.isStopping && !ending.isOver && this.#mayStart;
  }

  async pass(): Promise<void> {
    const { ending, abort } = this.#execution;
    if (!this.#mayStart && !ending.isStopping && !ending.isOver) await this.#waitTracker.work(() => this.#opened());
    if (ending.isOver) return new Promise(() => undefined);
    if (ending.isStopping) {
      this.#waitTracker.freeze();
      return new Promise(() => undefined);
    }
    abort.check();
  }

  get #mayStart(): boolean {
    const { host, slot } = this.#execution;
    return !host.journal.isFull && slot.isReachable && !this.#suspension.isIdle;
  }

  async #opened(): Promise<void> {
    const { host, slot } = this.#execution;
    if (host.journal.isFull) await host.journal.room();
    if (!slot.isReachable) await slot.mayStart();
    await this.#suspension.resumed();
  }
}

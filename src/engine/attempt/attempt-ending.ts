import { OnejobError } from '../../job/errors.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { Abort } from '../../std/abort.ts';
import type { Host } from '../host/host.ts';
import { internalError } from './internal-error.ts';

/** How the handler ended, or why it was left behind. */
export type Settled =
  | { readonly how: 'returned'; readonly value: unknown }
  /** `isFinal`: another attempt would end in the same way. */
  | { readonly how: 'threw'; readonly thrown: unknown; readonly isFinal: boolean }
  | { readonly how: 'left'; readonly end: 'parked' | 'handedBack' | 'cancelled' | 'lost' };

/** The end of one attempt. The handler, its steps, its limits and the worker may all say how it ends; the first counts. */
export class AttemptEnding {
  readonly #claim: Claim;
  readonly #host: Host;
  readonly #abort: Abort;
  #tell: (settled: Settled) => void = () => undefined;
  #isOver = false;
  /** The worker stops: no step begins any more, and what is refused for that is no failure of the handler's. */
  isStopping = false;

  constructor(claim: Claim, host: Host, abort: Abort) {
    this.#claim = claim;
    this.#host = host;
    this.#abort = abort;
  }

  /** Nothing that happens from here on belongs to the attempt. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** `tell` is called with each word; a promise's `resolve` heeds only the first. */
  open(tell: (settled: Settled) => void): void {
    this.#tell = tell;
  }

  close(): void {
    this.#isOver = true;
  }

  settle(settled: Settled): void {
    this.#tell(settled);
  }

  /** An accepted entry let go of the run, or it is to be handed back, and nothing of it is in execution. */
  leave(end: 'parked' | 'handedBack' | 'cancelled'): void {
    this.#tell({ how: 'left', end });
    if (end === 'cancelled') this.#abort.abort(new OnejobError('RUN_CANCELLED', 'cancelled while it waited'));
  }

  /** Another worker has the run: the handler is told, and nothing more is written. */
  markLost(): void {
    if (this.#isOver) return;
    this.#tell({ how: 'left', end: 'lost' });
    this.#abort.abort(new OnejobError('RUN_LOST', 'this worker lost the run; another goes on with it'));
  }

  /** The run fails by an error that its code cannot catch, so what it waits for may never come. False: it has ended. */
  fail(error: Error, isFinal: boolean): boolean {
    if (this.#isOver) return false;
    this.#tell({ how: 'threw', thrown: error, isFinal });
    this.#abort.abort(error);
    return true;
  }

  /** Called when the engine cannot go on with this attempt, because of an error of its own. */
  breakOff(fault: unknown): void {
    this.fail(internalError(this.#host, this.#claim, fault), false);
  }
}

import { OnejobError } from '../../job/errors.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { Clock, Timer } from '../../std/clock.ts';
import { formatDuration } from '../../std/duration.ts';

export interface RunTimerOptions {
  readonly claim: Pick<Claim, 'timeoutMs' | 'deadlineAt'>;
  /**
   * What the store's clock said when our monotonic clock began, as known at the claim: whoever sets the wall clock of this
   * machine meanwhile neither kills nor spares a run.
   */
  readonly storeClockOffsetMs: number;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly abort: (reason: Error) => void;
  /** Called when the grace has passed and the handler has not settled. */
  readonly leave: () => void;
}

/** The limits of one attempt: running time (stands still while only waits are open), deadline, and grace (protocol/replay#time-outs). */
export class RunTimer {
  readonly #options: RunTimerOptions;
  #leftMs: number | null;
  #runningSince: number | null = null;
  #timeout: Timer | undefined;
  #deadline: Timer | undefined;
  #grace: Timer | undefined;

  constructor(options: RunTimerOptions) {
    this.#options = options;
    this.#leftMs = options.claim.timeoutMs;
  }

  /** Milliseconds to the deadline of the run; Infinity where it has none. Nothing of the run goes on beyond it. */
  get deadlineInMs(): number {
    const { claim, clock, storeClockOffsetMs } = this.#options;
    return claim.deadlineAt === null ? Infinity : claim.deadlineAt - storeClockOffsetMs - clock.monotonic();
  }

  start(): void {
    const { clock, abort } = this.#options;
    this.resume();
    const leftMs = this.deadlineInMs;
    if (leftMs === Infinity) return;
    const late = (): void => abort(new OnejobError('RUN_TIMED_OUT', 'the run did not end before its deadline'));
    if (leftMs <= 0) late();
    else this.#deadline = clock.setTimer(leftMs, late);
  }

  resume(): void {
    const { clock, abort, claim } = this.#options;
    if (this.#leftMs === null || this.#runningSince !== null) return;
    this.#runningSince = clock.monotonic();
    this.#timeout = clock.setTimer(this.#leftMs, () => {
      abort(
        new OnejobError(
          'RUN_TIMED_OUT',
          `the run took longer than its time-out of ${formatDuration(claim.timeoutMs ?? 0)}`,
        ),
      );
    });
  }

  pause(): void {
    if (this.#leftMs === null || this.#runningSince === null) return;
    this.#timeout?.cancel();
    this.#leftMs = Math.max(0, this.#leftMs - (this.#options.clock.monotonic() - this.#runningSince));
    this.#runningSince = null;
  }

  startGrace(): void {
    const { clock, graceMs, leave } = this.#options;
    this.#grace ??= clock.setTimer(graceMs, leave);
  }

  stop(): void {
    for (const timer of [this.#timeout, this.#deadline, this.#grace]) timer?.cancel();
  }
}

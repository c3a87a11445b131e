import { OnejobError } from '../../job/errors.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import type { Clock } from '../../std/clock.ts';
import { createDeferred } from '../../std/deferred.ts';
import { inTime } from '../../std/in-time.ts';
import { stopAll, type Service } from '../../std/service.ts';
import { namesOf } from '../worker/claim-names.ts';
import type { Journal } from '../journal/journal.ts';
import type { RunningAttempts } from '../worker/running-attempts.ts';
import type { Worker } from '../worker/worker.ts';

export interface ShutdownOptions {
  readonly id: WorkerId;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly worker: Worker;
  readonly running: RunningAttempts;
  readonly roles: readonly Service[];
}

/**
 * Ends an engine. Handlers have the grace to end; then they are aborted. Where the store does not answer, their runs
 * are given up: they cannot be recorded, and are recovered as after a crash. From then on nothing waits long for the
 * store, whether it refuses or hangs, because whoever ends this process counts from the beginning.
 */
export class Shutdown {
  readonly #options: ShutdownOptions;
  readonly #abandoned = createDeferred<void>();
  #left: readonly Claim[] = [];

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  /** Runs that were given up. */
  get left(): readonly Claim[] {
    return this.#left;
  }

  /** What runs here cannot be recorded any more: nobody waits for it. */
  abandon(): void {
    if (this.#abandoned.settled) return;
    const { worker, running, journal } = this.#options;
    this.#left = running.all.map(({ claim }) => claim);
    journal.abandon();
    worker.abandon();
    this.#abandoned.resolve();
  }

  /** Stops the roles. It comes before `leave`, which takes this process out of the store's list of workers. */
  async stop(graceMs: number): Promise<void> {
    const { clock, log, journal, worker, running, roles } = this.#options;
    let watch = clock.setTimer(graceMs, () => {
      const stopping = new OnejobError('APP_STOPPING', 'the process stops');
      for (const attempt of running.all) attempt.abort(stopping);
      giveUp();
    });
    const giveUp = (): void => {
      watch = clock.setTimer(giveUpEveryMs, giveUp);
      if (journal.awaySince !== null || journal.unansweredMs >= hangsMs) this.abandon();
    };
    await worker.stop();
    await Promise.race([journal.settled(), this.#abandoned.promise]);
    watch.cancel();
    for (const claim of this.#left)
      log.error(
        'the store does not answer: what this run did last is not recorded, and others take it over',
        namesOf(claim),
      );
    await inTime(stopAll(roles), this.#abandoned.settled ? briefMs : lastCallsMs, clock);
  }

  /** Leaves the store's list of workers, so that nobody has to wait for a lease to see that this worker is gone. */
  async leave(registered: Promise<void>): Promise<void> {
    const { id, store, log, clock } = this.#options;
    if (this.#abandoned.settled) return;
    try {
      await inTime(
        registered.then(() => store.evict([{ id, seenHeartbeat: null, counted: false }])),
        lastCallsMs,
        clock,
      );
    } catch (error) {
      log.debug('the store could not be told that this worker leaves', { error: String(error) });
    }
  }
}

const giveUpEveryMs = 1_000;
/** A call that has not been answered for so long is taken for one that will not be. */
const hangsMs = 2_000;
/** The time-out of each of the last calls to the store. */
const lastCallsMs = 5_000;
const briefMs = 500;

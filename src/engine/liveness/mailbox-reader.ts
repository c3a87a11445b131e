import { hasCode } from '../../job/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import type { Clock } from '../../std/clock.ts';
import { Loop } from '../../std/loop.ts';
import type { Service } from '../../std/service.ts';
import type { RunningAttempts } from '../worker/running-attempts.ts';

export interface MailboxReaderOptions {
  readonly store: Store;
  readonly id: WorkerId;
  readonly running: Pick<RunningAttempts, 'all'>;
  readonly clock: Clock;
  readonly log: Log;
  /** How often it looks. A hint makes it look at once. */
  readonly everyMs: number;
}

/**
 * Fetches the mailbox items of the runs that execute here: cancels, events, ends of children
 * (protocol/replay#reading-a-mailbox). It also learns of runs that were ended or taken over. It reads in bounded parts,
 * and not while nothing executes. One call is under way at a time; hints that come meanwhile make one more.
 */
export class MailboxReader implements Service {
  readonly name = 'mailbox reader';
  readonly #options: MailboxReaderOptions;
  readonly #loop: Loop;

  constructor(options: MailboxReaderOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#loop = new Loop({
      name: this.name,
      clock,
      body: () => this.#read(),
      onError: (error) => {
        if (!hasCode(error, 'STORE_UNAVAILABLE')) log.warn('messages could not be read', { error: String(error) });
      },
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  nudge(): void {
    this.#loop.nudge();
  }

  async #read(): Promise<number> {
    const { store, id, running, everyMs } = this.#options;
    const asked = new Map(running.all.map((attempt) => [attempt.claim.run, attempt]));
    const runs = [...asked.values()].flatMap(({ mailbox }) => mailbox ?? []);
    if (runs.length === 0) return everyMs;
    const { inboxes, lost, hasMore } = await store.messages({ worker: id, runs, maxBytes });
    for (const inbox of inboxes) asked.get(inbox.run)?.deliver(inbox);
    for (const run of lost) {
      const attempt = asked.get(run);
      // It was held when we asked. One that lets go of it, or did while we asked, hears so by the verdict on its entry.
      if (attempt?.mailbox) attempt.markLost();
    }
    return hasMore ? 0 : everyMs;
  }
}

/** So much is read in a few milliseconds, and is little beside what a process has in memory anyway. */
const maxBytes = 4_194_304;

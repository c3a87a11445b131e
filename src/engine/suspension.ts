import type { Claim } from '../ports/store-claim.ts';
import type { Timer } from '../std/clock.ts';
import { failpoint } from '../std/failpoint.ts';
import type { Activity } from './activity.ts';
import type { Host, Slot } from './host.ts';
import type { Mailbox } from './mailbox.ts';
import type { RunTimer } from './run-timer.ts';

export interface SuspensionOptions {
  readonly claim: Claim;
  readonly host: Pick<Host, 'clock' | 'journal' | 'limits' | 'observer'>;
  readonly slot: Slot;
  readonly activity: Activity;
  readonly mailbox: Mailbox;
  readonly timer: RunTimer;
  /** Resolves when all output so far is committed: a parked run is not held, so nobody could add it later. */
  readonly flush: () => Promise<void>;
  readonly onParked: () => void;
  /** Instead of being parked it has ended: somebody had asked to cancel it. */
  readonly onCancelled: () => void;
  /** A stopping attempt has nothing left in execution: it can be handed back. */
  readonly onFrozen: () => void;
  readonly onLost: () => void;
  /** An error of our own on the way to be parked: nothing would try it again, so the attempt ends by it. */
  readonly onBroken: (fault: unknown) => void;
  readonly isOver: () => boolean;
}

/**
 * What happens to an attempt that only waits (STORE §4, Suspension): it gives up its slot at once, keeps lease and
 * continuation for `parkAfterMs`, then one entry parks it. The entry carries the mail that was seen: where more came, the
 * store queues the run at once, and the next attempt reads it.
 */
export class Suspension {
  readonly #options: SuspensionOptions;
  /** The slot is given up and the clock of the time-out stands. */
  #idle = false;
  #parked = false;
  #stopping = false;
  #checking = false;
  #timer: Timer | undefined;
  #parking: Promise<void> | undefined;
  #resuming: Promise<void> | undefined;

  constructor(options: SuspensionOptions) {
    this.#options = options;
  }

  /** Nothing of the attempt may be executed before `resumed`. */
  get isIdle(): boolean {
    return this.#idle || this.#parking !== undefined;
  }

  /** An entry that lets go of the run is on its way, or was accepted: its verdict decides who holds it. */
  get isParking(): boolean {
    return this.#parked || this.#parking !== undefined;
  }

  /** Looks again in the next turn: between the end of one wait and the next step there is a moment with neither. */
  consider(): void {
    if (this.#checking) return;
    this.#checking = true;
    setImmediate(() => {
      this.#checking = false;
      this.#check();
    });
  }

  /** The attempt is over: nothing parks any more. */
  close(): void {
    this.#timer?.cancel();
  }

  stop(): void {
    this.#stopping = true;
    this.consider();
  }

  /**
   * After a wait, and before a step: until no suspension is on its way and the attempt has a slot again. Never settles
   * once the attempt has parked.
   */
  resumed(): Promise<void> {
    if (!this.isIdle) return Promise.resolve();
    this.#resuming ??= this.#resume().finally(() => {
      this.#resuming = undefined;
      this.consider();
    });
    return this.#resuming;
  }

  async #resume(): Promise<void> {
    while (this.#parking) await this.#parking;
    if (this.#parked) return new Promise(() => undefined);
    this.#timer?.cancel();
    if (!this.#idle) return;
    await this.#options.slot.take();
    this.#idle = false;
    this.#options.timer.resume();
  }

  #check(): void {
    const { activity, isOver, onFrozen, host, slot, timer } = this.#options;
    if (isOver() || this.#parking || this.#resuming) return;
    if (this.#stopping && activity.working === 0 && activity.frozen > 0) return onFrozen();
    if (!activity.onlyWaits) return;
    if (this.#stopping) return this.#park();
    if (this.#idle) return;
    this.#idle = true;
    slot.release();
    timer.pause();
    host.observer.onWaiting?.(this.#options.claim.run, activity.waitingFor);
    this.#arm();
  }

  #arm(): void {
    const { host, isOver } = this.#options;
    this.#timer?.cancel();
    if (isOver()) return;
    this.#timer = host.clock.setTimer(host.limits.parkAfterMs, () => this.#park());
  }

  #park(): void {
    if (this.#parking || this.#resuming || this.#options.isOver() || !this.#options.activity.onlyWaits) return;
    this.#parking = this.#suspend()
      .catch(this.#options.onBroken)
      .finally(() => {
        this.#parking = undefined;
      });
  }

  async #suspend(): Promise<void> {
    const { claim, host, activity, mailbox, flush, isOver } = this.#options;
    const { onParked, onCancelled, onLost, onFrozen } = this.#options;
    if ((this.#wakeInMs() ?? Infinity) < soonMs && !this.#stopping) return this.#arm();
    void failpoint('attempt.park');
    // A letter that comes from here on is handed to its waiter, who stands behind this parking: it must not count as seen.
    const mail = mailbox.seen;
    await flush();
    if (isOver() || this.#resuming || !activity.onlyWaits) return; // what goes on meanwhile waits for the end of this
    const { run, epoch } = claim;
    const verdict = await host.journal.record({
      kind: 'suspend',
      run,
      epoch,
      mail,
      wakeInMs: this.#wakeInMs(),
      waitingFor: activity.waitingFor,
    });
    if (verdict === 'ok' || verdict === 'cancelled') {
      this.#parked = true;
      return verdict === 'ok' ? onParked() : onCancelled();
    }
    if (isOver()) return;
    if (verdict === 'stale') return onLost();
    if (this.#stopping) return onFrozen();
    this.#arm();
  }

  /** The first wait that ends by itself, or the deadline; null: neither. */
  #wakeInMs(): number | null {
    const { host, activity, timer } = this.#options;
    const waitMs = activity.wakeAt === null ? Infinity : activity.wakeAt - host.clock.monotonic();
    const ms = Math.min(waitMs, timer.deadlineInMs);
    return ms === Infinity ? null : Math.max(0, ms);
  }
}

/** A wait that ends sooner is not worth parking. */
const soonMs = 1_000;

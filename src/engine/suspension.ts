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
  /**
   * It is parked, or instead of that has ended (somebody had asked to cancel it), or is to be handed back: it stops, and
   * nothing of it is in execution.
   */
  readonly onLeft: (end: 'parked' | 'cancelled' | 'handedBack') => void;
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
  /** What the accepted entry made of the run. */
  #left: 'parked' | 'cancelled' | undefined;
  #stopping = false;
  /** In a row, since it last went on. */
  #refusals = 0;
  #sealed: 'all tries' | 'this try' | undefined;
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
    return this.#left !== undefined || this.#parking !== undefined;
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

  /** The handler has settled: what it left open parks nothing, but for a step's next try where that is waited for. */
  seal(tries: 'all tries' | 'this try'): void {
    this.#sealed = tries;
  }

  /**
   * For an attempt that ended while an entry was on its way: what that entry made of the run, once it is answered. Where
   * it let go of the run, the attempt has no other end: the next one reads the same steps and ends the same way.
   */
  async left(): Promise<'parked' | 'cancelled' | undefined> {
    await this.#parking;
    return this.#left;
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
    if (this.#left) return new Promise(() => undefined);
    this.#timer?.cancel();
    if (!this.#idle) return;
    await this.#options.slot.take();
    this.#idle = false;
    this.#refusals = 0;
    this.#options.timer.resume();
  }

  get #onlyWaits(): boolean {
    const { activity } = this.#options;
    if (this.#sealed && !(this.#sealed === 'all tries' && activity.owesTries)) return false;
    return activity.onlyWaits;
  }

  #check(): void {
    const { activity, isOver, onLeft, host, slot, timer } = this.#options;
    if (isOver() || this.#parking || this.#resuming) return;
    if (this.#stopping && activity.working === 0 && activity.frozen > 0) return onLeft('handedBack');
    if (!this.#onlyWaits) return;
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
    if (this.#parking || this.#resuming || this.#options.isOver() || !this.#onlyWaits) return;
    this.#parking = this.#suspend()
      .catch(this.#options.onBroken)
      .finally(() => {
        this.#parking = undefined;
      });
  }

  async #suspend(): Promise<void> {
    const { claim, host, activity, mailbox, flush, isOver } = this.#options;
    const { onLeft, onLost } = this.#options;
    if ((this.#wakeInMs() ?? Infinity) < soonMs && !this.#stopping) return this.#arm();
    void failpoint('attempt.park');
    // A letter that comes from here on is handed to its waiter, who stands behind this parking: it must not count as seen.
    const mail = mailbox.seen;
    await flush();
    if (isOver() || this.#resuming || !this.#onlyWaits) return; // what goes on meanwhile waits for the end of this
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
      this.#left = verdict === 'ok' ? 'parked' : 'cancelled';
      return onLeft(this.#left);
    }
    if (isOver()) return;
    if (verdict === 'stale') return onLost();
    if (this.#stopping) return onLeft('handedBack');
    if (++this.#refusals >= mostRefusals) throw new Error(`the database refused to park the run ${mostRefusals} times`);
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

/** A refusal comes of what is in the entry, which hardly changes while the attempt waits: more would be for ever. */
const mostRefusals = 3;

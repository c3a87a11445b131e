import type { Claim } from '../ports/store-claim.ts';
import type { Timer } from '../std/clock.ts';
import type { Activity } from './activity.ts';
import type { Host, Slot } from './host.ts';
import type { Mailbox } from './mailbox.ts';
import type { RunTimer } from './run-timer.ts';

export interface SuspensionOptions {
  readonly claim: Claim;
  readonly host: Host;
  readonly slot: Slot;
  readonly activity: Activity;
  readonly mailbox: Mailbox;
  readonly timer: RunTimer;
  readonly onParked: () => void;
  /** A stopping attempt has nothing left in execution: it can be handed back. */
  readonly onFrozen: () => void;
  readonly onLost: () => void;
  readonly isOver: () => boolean;
}

/**
 * What happens to an attempt that only waits (STORE §4, Suspension): it gives up its slot at once, keeps lease and
 * continuation for `parkAfterMs`, then one entry parks it. The entry carries the mail that was seen; `woken` means that
 * more came, and the attempt goes on.
 */
export class Suspension {
  readonly #options: SuspensionOptions;
  #idle = false;
  #stopping = false;
  #checking = false;
  #timer: Timer | undefined;
  #parking: Promise<void> | undefined;

  constructor(options: SuspensionOptions) {
    this.#options = options;
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

  stop(): void {
    this.#stopping = true;
    this.consider();
  }

  /** After a wait: until no suspension is on its way and the attempt has a slot again. */
  async resumed(): Promise<void> {
    while (this.#parking) await this.#parking;
    if (!this.#idle) return;
    this.#idle = false;
    this.#timer?.cancel();
    await this.#options.slot.take();
    this.#options.timer.resume();
  }

  #check(): void {
    const { activity, isOver, onFrozen, host, slot, timer } = this.#options;
    if (isOver() || this.#parking) return;
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
    const { host } = this.#options;
    this.#timer?.cancel();
    this.#timer = host.clock.setTimer(host.limits.parkAfterMs, () => this.#park());
  }

  #park(): void {
    if (this.#parking || this.#options.isOver() || !this.#options.activity.onlyWaits) return;
    this.#parking = this.#suspend().finally(() => {
      this.#parking = undefined;
    });
  }

  async #suspend(): Promise<void> {
    const { claim, host, activity, mailbox, onParked, onLost, onFrozen, isOver } = this.#options;
    const { wakeAt, waitingFor } = activity;
    const wakeInMs = wakeAt === null ? null : Math.max(0, wakeAt - host.clock.monotonic());
    if (wakeInMs !== null && wakeInMs < soonMs && !this.#stopping) return this.#arm();
    const { run, epoch } = claim;
    const verdict = await host.journal.record({
      kind: 'suspend',
      run,
      epoch,
      mail: mailbox.seen,
      wakeInMs,
      waitingFor,
    });
    if (isOver()) return;
    if (verdict === 'ok') return onParked();
    if (verdict === 'stale') return onLost();
    if (this.#stopping) return onFrozen();
    host.wake.mail();
    this.#arm();
  }
}

/** A wait that ends sooner is not worth parking. */
const soonMs = 1_000;

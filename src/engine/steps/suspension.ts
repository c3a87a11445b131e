import type { Timer } from '../../std/clock.ts';
import { failpoint } from '../../std/failpoint.ts';
import type { WaitTracker } from './wait-tracker.ts';
import type { Execution } from '../attempt/execution.ts';

/** The part of an `Execution` that its parking needs. */
export interface SuspendedExecution extends Pick<Execution, 'claim' | 'mailbox' | 'slot' | 'timer'> {
  readonly host: Pick<Execution['host'], 'clock' | 'journal' | 'limits' | 'observer'>;
  readonly output: Pick<Execution['output'], 'flush'>;
  readonly ending: Pick<Execution['ending'], 'isOver' | 'leave' | 'markLost' | 'breakOff'>;
}

/**
 * Suspends an attempt that only waits (protocol/replay#suspension). It gives up its slot at once, and keeps lease and
 * continuation for `parkAfterMs`. Then one entry parks it. The entry carries the number of the last mailbox item that
 * was seen: where there is a later one, the store queues the run at once, and the next attempt reads it.
 */
export class Suspension {
  readonly #execution: SuspendedExecution;
  readonly #waitTracker: WaitTracker;
  /** The slot is given up and the clock of the time-out stands. */
  #idle = false;
  /** What the accepted entry made of the run. */
  #left: 'parked' | 'cancelled' | undefined;
  #stopping = false;
  /** Refused parkings in a row, since the attempt last went on. */
  #refusals = 0;
  #sealed: 'all tries' | 'this try' | undefined;
  #checking = false;
  #timer: Timer | undefined;
  #parking: Promise<void> | undefined;
  #resuming: Promise<void> | undefined;

  constructor(execution: SuspendedExecution, waitTracker: WaitTracker) {
    this.#execution = execution;
    this.#waitTracker = waitTracker;
  }

  /** Nothing of the attempt may be executed before `resumed`. */
  get isIdle(): boolean {
    return this.#idle || this.#parking !== undefined;
  }

  /** An entry that lets go of the run is on its way, or was accepted: its verdict decides who holds it. */
  get isParking(): boolean {
    return this.#left !== undefined || this.#parking !== undefined;
  }

  /**
   * Looks in the next turn of the event loop whether the attempt only waits: between the end of a wait and the next
   * step there is a moment with neither.
   */
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

  /**
   * The handler has settled. Waits that it left open do not park the run, but the next try of a step does, where it is
   * awaited.
   */
  seal(tries: 'all tries' | 'this try'): void {
    this.#sealed = tries;
  }

  /**
   * For an attempt that ended while such an entry was on its way: what the entry made of the run, when it is answered.
   * Where it let go of the run, that is the end of the attempt: the next attempt reads the same steps and ends in the
   * same way.
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
    await this.#execution.slot.take();
    this.#idle = false;
    this.#refusals = 0;
    this.#execution.timer.resume();
  }

  get #onlyWaits(): boolean {
    if (this.#sealed && !(this.#sealed === 'all tries' && this.#waitTracker.owesTries)) return false;
    return this.#waitTracker.onlyWaits;
  }

  #check(): void {
    const { claim, ending, host, slot, timer } = this.#execution;
    const waitTracker = this.#waitTracker;
    if (ending.isOver || this.#parking || this.#resuming) return;
    if (this.#stopping && waitTracker.working === 0 && waitTracker.frozen > 0) return ending.leave('handedBack');
    if (!this.#onlyWaits) return;
    if (this.#stopping) return this.#park();
    if (this.#idle) return;
    this.#idle = true;
    slot.release();
    timer.pause();
    host.observer.onWaiting?.(claim.run, waitTracker.waitingFor);
    this.#arm();
  }

  #arm(): void {
    const { host, ending } = this.#execution;
    this.#timer?.cancel();
    if (ending.isOver) return;
    this.#timer = host.clock.setTimer(host.limits.parkAfterMs, () => this.#park());
  }

  #park(): void {
    const { ending } = this.#execution;
    if (this.#parking || this.#resuming || ending.isOver || !this.#onlyWaits) return;
    this.#parking = this.#suspend()
      .catch((fault: unknown) => ending.breakOff(fault))
      .finally(() => {
        this.#parking = undefined;
      });
  }

  async #suspend(): Promise<void> {
    const { claim, host, mailbox, output, ending } = this.#execution;
    if ((this.#wakeInMs() ?? Infinity) < soonMs && !this.#stopping) return this.#arm();
    void failpoint('attempt.park');
    // A mailbox item that comes from here on is handed to its waiter, who stands behind this parking: it must not count as seen.
    const mailboxSeq = mailbox.seen;
    await output.flush(); // a parked run is not held, so nobody could add it later
    if (ending.isOver || this.#resuming || !this.#onlyWaits) return; // what goes on meanwhile waits for the end of this
    const { run, epoch } = claim;
    const verdict = await host.journal.record({
      kind: 'suspend',
      run,
      epoch,
      mailboxSeq,
      wakeInMs: this.#wakeInMs(),
      waitingFor: this.#waitTracker.waitingFor,
    });
    if (verdict === 'ok' || verdict === 'cancelled') {
      this.#left = verdict === 'ok' ? 'parked' : 'cancelled';
      return ending.leave(this.#left);
    }
    if (ending.isOver) return;
    if (verdict === 'stale') return ending.markLost();
    if (this.#stopping) return ending.leave('handedBack');
    if (++this.#refusals >= maxRefusals) throw new Error(`the database refused to park the run ${maxRefusals} times`);
    this.#arm();
  }

  /** The first wait that ends by itself, or the deadline; null: neither. */
  #wakeInMs(): number | null {
    const { host, timer } = this.#execution;
    const waitTracker = this.#waitTracker;
    const waitMs = waitTracker.wakeAt === null ? Infinity : waitTracker.wakeAt - host.clock.monotonic();
    const ms = Math.min(waitMs, timer.deadlineInMs);
    return ms === Infinity ? null : Math.max(0, ms);
  }
}

/** A wait that ends sooner is not worth parking. */
const soonMs = 1_000;

/**
 * The database refuses what is in the entry, and that hardly changes while the attempt waits. Without a limit it would
 * be tried for ever.
 */
const maxRefusals = 3;

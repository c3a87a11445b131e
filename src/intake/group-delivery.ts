import { isOnejobError } from '../job/errors.ts';
import { readFailure } from '../job/failure.ts';
import { busyKeys } from '../job/key-busy.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import { backoffDelay, type Backoff } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';

export interface DeliveryOptions<Entry, Answer> {
  readonly name: string;
  readonly send: (group: readonly Entry[]) => Promise<readonly Answer[]>;
  /** How many an entry counts for, 1 by default. */
  readonly count?: (entry: Entry) => number;
  /** The keys of the runs that an entry creates. Where the store says that some are busy, only their entries wait. */
  readonly keysOf?: (entry: Entry) => readonly string[];
  /** The answer for an entry whose value the database refuses. Without it the promise of the caller rejects. */
  readonly refused?: Answer;
  /** `for ever`: keep the group and repeat it until the store answers. `once`: tell the callers STORE_UNAVAILABLE. */
  readonly patience: 'for ever' | 'once';
  readonly clock: Clock;
  readonly log: Log;
  readonly meter?: Meter | undefined;
}

/** An entry, and who is told of its answer. */
export interface Undelivered<Entry, Answer> {
  readonly entry: Entry;
  readonly bytes: number;
  /** Since when, by the monotonic clock, and how often its key was busy. */
  busySince: number | null;
  busy: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

type Group<Entry, Answer> = readonly Undelivered<Entry, Answer>[];

/** Sends groups until they are answered, and tells each entry its answer. */
export class GroupDelivery<Entry, Answer> {
  readonly #options: DeliveryOptions<Entry, Answer>;
  readonly #onBusy: (one: Undelivered<Entry, Answer>, error: unknown) => void;
  #awaySince: number | null = null;
  #sentAt: number | null = null;
  #abandoned = false;

  /** `onBusy` gets each entry whose key is busy: it has not been sent. */
  constructor(
    options: DeliveryOptions<Entry, Answer>,
    onBusy: (one: Undelivered<Entry, Answer>, error: unknown) => void,
  ) {
    this.#options = options;
    this.#onBusy = onBusy;
  }

  /** Milliseconds, by the monotonic clock, since the store stopped answering; null while it answers. */
  get awaySince(): number | null {
    return this.#awaySince;
  }

  /** Milliseconds since the last answer to what is on its way; 0 where nothing is. */
  get unansweredMs(): number {
    return this.#sentAt === null ? 0 : this.#options.clock.monotonic() - this.#sentAt;
  }

  get isAbandoned(): boolean {
    return this.#abandoned;
  }

  /** Stops repeating. Callers are left without an answer rather than with a false one. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** Nothing is on its way any more. */
  rest(): void {
    this.#sentAt = null;
  }

  /** Sends until answered; halves a group that fails for its data until the guilty entry stands alone (protocol/journal#bad-values). */
  async deliver(whole: Group<Entry, Answer>): Promise<void> {
    const { clock } = this.#options;
    let group = whole;
    const begunAt = clock.monotonic();
    this.#sentAt ??= begunAt;
    for (let tries = 1; !this.#abandoned; tries++) {
      try {
        const answers = await this.#options.send(group.map(({ entry }) => entry));
        this.#cameBack();
        this.#sentAt = null;
        return this.#answer(group, answers, clock.monotonic() - begunAt);
      } catch (error) {
        if (isOfTheGroup(error)) return this.#halve(group, error);
        const free = this.#setBusyAside(group, error);
        if (free.length === 0) return;
        if (free.length < group.length) {
          group = free;
          continue;
        }
        if (this.#options.patience === 'once') {
          for (const one of group) this.reject(one, error);
          return;
        }
        await this.#waitForStore(error, tries);
      }
    }
  }

  reject({ reject }: Undelivered<Entry, Answer>, error: unknown): void {
    this.#tell(() => reject(error));
  }

  /** Answers the others, in their order. */
  #setBusyAside(group: Group<Entry, Answer>, error: unknown): Group<Entry, Answer> {
    const busy = new Set(busyKeys(error));
    const { keysOf } = this.#options;
    if (busy.size === 0 || keysOf === undefined) return group;
    return group.filter((each) => {
      const isBusy = keysOf(each.entry).some((key) => busy.has(key));
      if (isBusy) this.#onBusy(each, error);
      return !isBusy;
    });
  }

  /** Answers the whole group. None of it is sent again, also where a callback throws. */
  #answer(group: Group<Entry, Answer>, answers: readonly Answer[], ms: number): void {
    const { meter, name, count } = this.#options;
    group.forEach(({ resolve }, i) => this.#tell(() => resolve(answers[i] as Answer)));
    if (meter === undefined) return;
    const size = group.reduce((sum, { entry }) => sum + (count?.(entry) ?? 1), 0);
    this.#tell(() => meter.committed(name, size, ms));
  }

  /** Calls a callback of one run, or of a listener. Its errors do not concern the others of the group. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      const { log, name } = this.#options;
      log.error('an error inside of onejob: an answer of the store was not heard', { batcher: name, error });
    }
  }

  async #halve(group: Group<Entry, Answer>, error: unknown): Promise<void> {
    const [only] = group;
    if (only && group.length === 1) {
      const { refused } = this.#options;
      if (refused === undefined) this.reject(only, error);
      else this.#tell(() => only.resolve(refused));
      return;
    }
    const middle = group.length >> 1;
    await this.deliver(group.slice(0, middle));
    await this.deliver(group.slice(middle));
  }

  async #waitForStore(error: unknown, tries: number): Promise<void> {
    const { clock, log, name } = this.#options;
    if (this.#awaySince === null) {
      this.#awaySince = clock.monotonic();
      log.warn('the store does not answer; what runs recorded is kept and sent again', {
        batcher: name,
        error: readFailure(error).failure.message,
      });
    }
    await clock.sleep(backoffDelay(repeat, tries, Math.random));
  }

  #cameBack(): void {
    if (this.#awaySince === null) return;
    const { clock, log, name } = this.#options;
    log.warn('the store answers again', { batcher: name, awayMs: Math.round(clock.monotonic() - this.#awaySince) });
    this.#awaySince = null;
  }
}

/**
 * Whether what was sent caused the error: to send it again would give the same error. A store rejects with errors of
 * ours only (`ports/store.ts`), so any other error comes from reading an entry.
 */
function isOfTheGroup(error: unknown): boolean {
  return !isOnejobError(error) || error.code === 'VALUE_REJECTED';
}

const repeat: Backoff = { delayMs: 50, factor: 2, maxDelayMs: 2_000, jitter: 0.5 };

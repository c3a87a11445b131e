import { backoffDelay, type Backoff } from '../std/backoff.ts';
import { createDeferred, type Deferred } from '../std/deferred.ts';
import { GroupDelivery, type DeliveryOptions, type Undelivered } from './group-delivery.ts';

/** Groups close at `maxEntries`, by what each entry counts for. An entry is never divided. */
export interface BatcherOptions<Entry, Answer> extends DeliveryOptions<Entry, Answer> {
  /** Rough size in bytes; groups close at `maxBytes`. */
  readonly weigh: (entry: Entry) => number;
}

/**
 * Commits in groups (protocol/journal#groups): while one group is on its way the next one fills, each caller waits for the commit
 * of its own entry. The order of entries is the order of commit, also of a group that is halved for a bad value, for one
 * group is in flight at a time.
 */
export class Batcher<Entry, Answer> {
  readonly #options: BatcherOptions<Entry, Answer>;
  readonly #delivery: GroupDelivery<Entry, Answer>;
  #waiting: Undelivered<Entry, Answer>[] = [];
  #waitingBytes = 0;
  #pumping = false;
  #besides = 0;
  #aside = 0;
  #room: Deferred<void> | undefined;
  #idle: Deferred<void> | undefined;

  constructor(options: BatcherOptions<Entry, Answer>) {
    this.#options = options;
    this.#delivery = new GroupDelivery(options, (one, error) => void this.#setAside(one, error));
  }

  push(entry: Entry): Promise<Answer> {
    return new Promise((resolve, reject) => this.add(entry, resolve, reject));
  }

  /** `push` without a promise, for the hot path. */
  add(entry: Entry, resolve: (answer: Answer) => void, reject: (error: unknown) => void): void {
    this.#await({ entry, bytes: this.#options.weigh(entry), resolve, reject, busySince: null, busy: 0 });
  }

  #await(one: Undelivered<Entry, Answer>): void {
    this.#waitingBytes += one.bytes;
    this.#waiting.push(one);
    if (this.#pumping) return;
    this.#pumping = true;
    // After all microtasks of this turn: what other runs push meanwhile joins the group.
    setImmediate(() => void this.#pump());
  }

  /** An entry that is a group of its own is sent at once, and no group waits for it. */
  pushBeside(entry: Entry): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#besides++;
      void this.#delivery.deliver([{ entry, bytes: 0, resolve, reject, busySince: null, busy: 0 }]).then(() => {
        this.#besides--;
        this.#rest();
      });
    });
  }

  /** Entries that were pushed beside the groups and are not answered yet. */
  get besides(): number {
    return this.#besides;
  }

  /** Milliseconds, by the monotonic clock, since the store stopped answering; null while it answers. */
  get awaySince(): number | null {
    return this.#delivery.awaySince;
  }

  /** No group waits, and none is under way. */
  get isIdle(): boolean {
    return !this.#pumping;
  }

  /** Milliseconds since the last answer to what is on its way; 0 where nothing is. */
  get unansweredMs(): number {
    return this.#delivery.unansweredMs;
  }

  /** Entries that are not in a group yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get isFull(): boolean {
    return this.#waiting.length >= fullEntries || this.#waitingBytes >= fullBytes;
  }

  /** Resolves when there is room for new entries (protocol/journal#a-full-journal). */
  room(): Promise<void> {
    if (!this.isFull) return Promise.resolve();
    this.#room ??= createDeferred<void>();
    return this.#room.promise;
  }

  /** Resolves when all that was pushed is answered. */
  settled(): Promise<void> {
    if (this.#isAtRest) return Promise.resolve();
    this.#idle ??= createDeferred<void>();
    return this.#idle.promise;
  }

  /** The process ends: nothing is sent any more. */
  abandon(): void {
    this.#delivery.abandon();
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#delivery.isAbandoned) await this.#delivery.deliver(this.#takeGroup());
    this.#pumping = false;
    this.#rest();
  }

  get #isAtRest(): boolean {
    return !this.#pumping && this.#besides === 0 && this.#aside === 0;
  }

  #rest(): void {
    if (!this.#isAtRest) return;
    this.#delivery.rest();
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  #takeGroup(): Undelivered<Entry, Answer>[] {
    let bytes = 0;
    let size = 0;
    let count = 0;
    for (const { entry, bytes: more } of this.#waiting) {
      const entries = this.#options.count?.(entry) ?? 1;
      if (count > 0 && (size + entries > maxEntries || bytes + more > maxBytes)) break;
      bytes += more;
      size += entries;
      count++;
    }
    const group = count === this.#waiting.length ? this.#waiting : this.#waiting.slice(0, count);
    this.#waiting = count === this.#waiting.length ? [] : this.#waiting.slice(count);
    this.#waitingBytes -= bytes;
    if (this.#room && !this.isFull) {
      this.#room.resolve();
      this.#room = undefined;
    }
    return group;
  }

  /** An entry whose key is busy is asked again after a pause, in a later group. */
  async #setAside(one: Undelivered<Entry, Answer>, error: unknown): Promise<void> {
    const { clock, patience } = this.#options;
    one.busySince ??= clock.monotonic();
    if (patience === 'once' && clock.monotonic() - one.busySince >= busyMs) return this.#delivery.reject(one, error);
    this.#aside++;
    await clock.sleep(backoffDelay(busyAgain, ++one.busy, Math.random));
    this.#aside--;
    if (this.#delivery.isAbandoned) this.#rest();
    else this.#await(one);
  }
}

const maxEntries = 1_000;
const maxBytes = 1_048_576;
const fullEntries = 10_000;
const fullBytes = 16 * maxBytes;
/** So long a key may be busy before the caller is told. A call may take as long. */
const busyMs = 30_000;
const busyAgain: Backoff = { delayMs: 50, factor: 2, maxDelayMs: 1_000, jitter: 0.5 };

import { isOnejobError } from '../job/errors.ts';
import { readFailure } from '../job/failure.ts';
import { busyKeys } from '../job/key-busy.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import { backoffDelay, type Backoff } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';
import { createDeferred, type Deferred } from '../std/deferred.ts';

export interface LaneOptions<Entry, Answer> {
  readonly name: string;
  readonly send: (group: readonly Entry[]) => Promise<readonly Answer[]>;
  /** Rough size in bytes; groups close at `maxBytes`. */
  readonly weigh: (entry: Entry) => number;
  /** How many an entry counts for, 1 by default; groups close at `maxEntries`. An entry is never divided. */
  readonly count?: (entry: Entry) => number;
  /** Of the runs that an entry creates: where the store names some as busy, only their entries wait. */
  readonly keysOf?: (entry: Entry) => readonly string[];
  /** What the guilty entry gets when the database refuses its value; without it the caller's promise rejects. */
  readonly refused?: Answer;
  /** `for ever`: keep the group and repeat it until the store answers. `once`: tell the callers STORE_UNAVAILABLE. */
  readonly patience: 'for ever' | 'once';
  readonly clock: Clock;
  readonly log: Log;
  readonly meter?: Meter | undefined;
}

/**
 * Commits in groups (STORE §1.1): while one group is on its way the next one fills, each caller waits for the commit
 * of its own entry. The order of entries is the order of commit, also of a group that is halved for a bad value, for one
 * group is in flight at a time.
 */
export class Lane<Entry, Answer> {
  readonly #options: LaneOptions<Entry, Answer>;
  #waiting: Waiting<Entry, Answer>[] = [];
  #waitingBytes = 0;
  #pumping = false;
  #besides = 0;
  #aside = 0;
  #room: Deferred<void> | undefined;
  #idle: Deferred<void> | undefined;
  #awaySince: number | null = null;
  #sentAt: number | null = null;
  #abandoned = false;

  constructor(options: LaneOptions<Entry, Answer>) {
    this.#options = options;
  }

  push(entry: Entry): Promise<Answer> {
    return new Promise((resolve, reject) => this.add(entry, resolve, reject));
  }

  /** `push` without a promise, for the hot path. */
  add(entry: Entry, resolve: (answer: Answer) => void, reject: (error: unknown) => void): void {
    this.#await({ entry, bytes: this.#options.weigh(entry), resolve, reject, busySince: null, busy: 0 });
  }

  #await(waiting: Waiting<Entry, Answer>): void {
    this.#waitingBytes += waiting.bytes;
    this.#waiting.push(waiting);
    if (this.#pumping) return;
    this.#pumping = true;
    // After all microtasks of this turn: what other runs push meanwhile joins the group.
    setImmediate(() => void this.#pump());
  }

  /** An entry that is a group of its own is sent at once, and no group waits for it. */
  pushBeside(entry: Entry): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#besides++;
      void this.#deliver([{ entry, bytes: 0, resolve, reject, busySince: null, busy: 0 }]).then(() => {
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
    return this.#awaySince;
  }

  /** No group waits, and none is under way. */
  get isIdle(): boolean {
    return !this.#pumping;
  }

  /** Milliseconds since the last answer to what is on its way; 0 where nothing is. */
  get unansweredMs(): number {
    return this.#sentAt === null ? 0 : this.#options.clock.monotonic() - this.#sentAt;
  }

  /** Entries that are not in a group yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get isFull(): boolean {
    return this.#waiting.length >= fullEntries || this.#waitingBytes >= fullBytes;
  }

  /** Resolves when the lane is not full (STORE §1.5: new steps wait before a full journal). */
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

  /** Stops repeating: the process ends. Callers are left without an answer rather than with a false one. */
  abandon(): void {
    this.#abandoned = true;
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#abandoned) await this.#deliver(this.#takeGroup());
    this.#pumping = false;
    this.#rest();
  }

  get #isAtRest(): boolean {
    return !this.#pumping && this.#besides === 0 && this.#aside === 0;
  }

  #rest(): void {
    if (!this.#isAtRest) return;
    this.#sentAt = null;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  #takeGroup(): Waiting<Entry, Answer>[] {
    let bytes = 0;
    let size = 0;
    let count = 0;
    for (const { entry, bytes: more } of this.#waiting) {
      const entries = this.#countOf(entry);
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

  #countOf(entry: Entry): number {
    return this.#options.count?.(entry) ?? 1;
  }

  /** Sends until answered; halves a group that fails for its data until the guilty entry stands alone (STORE §1.6). */
  async #deliver(whole: readonly Waiting<Entry, Answer>[]): Promise<void> {
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
          for (const { reject } of group) this.#tell(() => reject(error));
          return;
        }
        await this.#waitForStore(error, tries);
      }
    }
  }

  /** Entries whose keys are busy are asked again after a pause, in a later group. Answers the others. */
  #setBusyAside(group: readonly Waiting<Entry, Answer>[], error: unknown): readonly Waiting<Entry, Answer>[] {
    const busy = new Set(busyKeys(error));
    const { keysOf } = this.#options;
    if (busy.size === 0 || keysOf === undefined) return group;
    return group.filter((each) => {
      const isBusy = keysOf(each.entry).some((key) => busy.has(key));
      if (isBusy) void this.#setAside(each, error);
      return !isBusy;
    });
  }

  async #setAside(waiting: Waiting<Entry, Answer>, error: unknown): Promise<void> {
    const { clock, patience } = this.#options;
    waiting.busySince ??= clock.monotonic();
    if (patience === 'once' && clock.monotonic() - waiting.busySince >= busyMs) {
      return this.#tell(() => waiting.reject(error));
    }
    this.#aside++;
    await clock.sleep(backoffDelay(busyAgain, ++waiting.busy, Math.random));
    this.#aside--;
    if (this.#abandoned) this.#rest();
    else this.#await(waiting);
  }

  /** All of the group are told, and none of it is sent again, whatever becomes of the telling. */
  #answer(group: readonly Waiting<Entry, Answer>[], answers: readonly Answer[], ms: number): void {
    const { meter, name } = this.#options;
    group.forEach(({ resolve }, i) => this.#tell(() => resolve(answers[i] as Answer)));
    if (meter === undefined) return;
    const size = group.reduce((sum, { entry }) => sum + this.#countOf(entry), 0);
    this.#tell(() => meter.committed(name, size, ms));
  }

  /** What is called here belongs to one run, or to nobody; the others of its group have nothing to do with its errors. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      const { log, name } = this.#options;
      log.error('an error inside of onejob: an answer of the store was not heard', { lane: name, error });
    }
  }

  async #halve(group: readonly Waiting<Entry, Answer>[], error: unknown): Promise<void> {
    const [only] = group;
    if (only && group.length === 1) {
      const { refused } = this.#options;
      this.#tell(() => (refused === undefined ? only.reject(error) : only.resolve(refused)));
      return;
    }
    const middle = group.length >> 1;
    await this.#deliver(group.slice(0, middle));
    await this.#deliver(group.slice(middle));
  }

  async #waitForStore(error: unknown, tries: number): Promise<void> {
    const { clock, log, name } = this.#options;
    if (this.#awaySince === null) {
      this.#awaySince = clock.monotonic();
      log.warn('the store does not answer; what runs recorded is kept and sent again', {
        lane: name,
        error: readFailure(error).failure.message,
      });
    }
    await clock.sleep(backoffDelay(repeat, tries, Math.random));
  }

  #cameBack(): void {
    if (this.#awaySince === null) return;
    const { clock, log, name } = this.#options;
    log.warn('the store answers again', { lane: name, awayMs: Math.round(clock.monotonic() - this.#awaySince) });
    this.#awaySince = null;
  }
}

/**
 * Whether it is the fault of what was sent, which would be met again by each repetition. A store rejects with errors of
 * ours only (ports/store.ts), so any other comes from reading an entry.
 */
function isOfTheGroup(error: unknown): boolean {
  return !isOnejobError(error) || error.code === 'VALUE_REJECTED';
}

interface Waiting<Entry, Answer> {
  readonly entry: Entry;
  readonly bytes: number;
  /** Since when, by the monotonic clock, and how often its key was busy. */
  busySince: number | null;
  busy: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

const maxEntries = 1_000;
const maxBytes = 1_048_576;
const fullEntries = 10_000;
const fullBytes = 16 * maxBytes;
/** So long a key may be busy before who asks is told; as long as a call may take. */
const busyMs = 30_000;
const busyAgain: Backoff = { delayMs: 50, factor: 2, maxDelayMs: 1_000, jitter: 0.5 };
const repeat: Backoff = { delayMs: 50, factor: 2, maxDelayMs: 2_000, jitter: 0.5 };

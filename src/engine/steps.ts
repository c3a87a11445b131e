import { OnejobError } from '../job/errors.ts';
import { readFailure, restoreFailure, type Failure } from '../job/failure.ts';
import { stepKey, type StepName } from '../job/key.ts';
import type { JsonText, RunId, StepKind, StepRecord } from '../job/run.ts';
import type { Abort } from '../std/abort.ts';
import type { Clock } from '../std/clock.ts';
import { isCleanText } from '../std/json.ts';
import type { Activity } from './activity.ts';
import type { Dispenser } from './dispenser.ts';
import type { Mailbox } from './mailbox.ts';
import type { OpenStep } from './running-run.ts';
import { nested, outerStep } from './step-scope.ts';
import type { Asked, StepEnd, StepJournal } from './step-journal.ts';

export interface StepsOptions {
  readonly run: RunId;
  /** Part of the idempotency key that steps hand on. */
  readonly generation: number;
  readonly records: readonly StepRecord[];
  readonly journal: StepJournal;
  readonly dispenser: Dispenser;
  readonly activity: Activity;
  readonly mailbox: Mailbox;
  readonly clock: Clock;
  readonly abort: Abort;
  /** Whether `gate` would let a step pass at once. */
  readonly isOpen: () => boolean;
  /** Waits while the journal is full or no step may start; never settles while the attempt stops, or once it is over. */
  readonly gate: () => Promise<void>;
  /** After a wait: until the attempt has its slot again and no suspension is on its way. */
  readonly resumed: () => Promise<void>;
}

/** How a wait ended. */
export type Woken<T> = { readonly by: 'timer' } | { readonly by: 'word'; readonly word: T };

/** The ground that every kind of step stands on: keys, replay, recording, waiting. The kinds are in `step-kinds.ts`. */
export class Steps {
  readonly options: StepsOptions;
  /** Undefined, as most of these, until there is something to keep: most attempts never need them. */
  readonly #records: ReadonlyMap<string, { readonly record: StepRecord; readonly order: number }> | undefined;
  readonly #asked = new Map<string, Asked>();
  /** Errors that replay would throw again: uncaught, they fail the run at once (STORE §4). */
  #failures: WeakSet<Error> | undefined;
  #closers: Set<() => void> | undefined;
  #unsettled = 0;
  #sealed = false;

  constructor(options: StepsOptions) {
    this.options = options;
    const { records } = options;
    if (records.length > 0) this.#records = new Map(records.map((record, order) => [record.key, { record, order }]));
  }

  /** @throws STEP_REPEATED, or the reason of the abort */
  ask(name: StepName, kind: StepKind): Asked {
    this.options.abort.check();
    if (this.#sealed) throw new Error('a step was asked for after the handler had ended: await every step');
    const key = stepKey(name);
    if (key === '' || key.length > longestKey) {
      throw new OnejobError(
        'CONFIG_INVALID',
        `a step's key has 1 to ${longestKey} characters; this one has ${key.length}`,
      );
    }
    checkText(key, "a step's key");
    if (this.#asked.has(key)) throw repeated(name, key);
    const outer = outerStep();
    if (outer !== undefined && this.#asked.get(outer.key) === outer) throw nested(key, outer.key);
    const record = this.#records?.get(key)?.record;
    const startedAt = record?.startedAt ?? this.options.clock.now();
    const isOver = record !== undefined && record.state !== 'running';
    // Its place in this execution: a replay asks in the order of the execution before it, up to what that had recorded,
    // so a step that was begun and lost with a crash gets its number again.
    const order = record?.asked ?? this.#asked.size;
    const asked = { key, kind, order, record, startedAt, isOver };
    this.#asked.set(key, asked);
    return asked;
  }

  /** Asked for in this execution and not ended. */
  get open(): OpenStep[] {
    const now = this.options.clock.now();
    const open = [...this.#asked.values()].filter(({ isOver }) => !isOver);
    return open.map(({ key, kind, startedAt }) => ({ key, kind, ageMs: Math.max(0, now - startedAt) }));
  }

  /** The idempotency key of a step: the same for every execution, another one after `restart`. */
  handOnKey(asked: Asked): string {
    const { run, generation } = this.options;
    return generation === 0 ? `${run}:${asked.key}` : `${run}:${generation}:${asked.key}`;
  }

  /** What was recorded, in its turn; undefined when the step has not ended yet. */
  recorded(asked: Asked): { readonly result: Promise<unknown> } | undefined {
    const { record } = asked;
    if (!record || record.state === 'running') return undefined;
    const order = this.#records?.get(asked.key)?.order ?? 0;
    const { activity, dispenser } = this.options;
    // Until it is handed out the attempt does not only wait: what stands behind it may be the next step.
    activity.begin();
    const result = new Promise<unknown>((resolve, reject) => {
      dispenser.replay(order, () => {
        activity.end();
        this.#settle(record, resolve, reject);
      });
    });
    return { result };
  }

  /** Records the end and delivers it in its turn: what the caller gets is what was recorded (STORE §1.7). */
  finish(asked: Asked, end: StepEnd): Promise<unknown> {
    const { activity, dispenser, journal } = this.options;
    activity.begin();
    return new Promise((resolve, reject) => {
      // The dispenser is told in the very call that brings the verdict: of two results of one group the one that was
      // recorded first must come first, whatever the number of promises on its way.
      journal.end(asked, end, (recorded) => {
        asked.isOver = true;
        dispenser.fresh(() => {
          activity.end();
          this.#settle(recorded, resolve, reject);
        });
      });
    });
  }

  /** Records a step that no code asks for; resolves when it is committed. */
  record(asked: Asked, end: StepEnd): Promise<void> {
    const { activity, journal } = this.options;
    return activity.work(() => new Promise((resolve) => journal.end(asked, end, () => resolve())));
  }

  /** `finish` without a promise more than the caller's own, for the hot path; ends the activity that its step began. */
  finishThen(asked: Asked, end: StepEnd, resolve: (value: unknown) => void, reject: (error: Error) => void): void {
    this.options.journal.end(asked, end, (recorded) => {
      asked.isOver = true;
      this.options.dispenser.fresh(() => {
        this.options.activity.end();
        this.#unsettled--;
        this.#settle(recorded, resolve, reject);
      });
    });
  }

  /** A step on the hot path begins: counted until `finishThen` delivers, or until `missed`. */
  begun(): void {
    this.#unsettled++;
    this.options.activity.begin();
  }

  /** It goes the long way, which counts by itself. */
  missed(): void {
    this.#unsettled--;
    this.options.activity.end();
  }

  /** Steps that were asked for and have not been answered. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /**
   * Counts a step until its caller has the result. A failing step that nobody awaits must not end the whole process as
   * an unhandled rejection: it is recorded.
   */
  track<T>(result: Promise<T>): Promise<T> {
    this.#unsettled++;
    const settled = (): void => {
      this.#unsettled--;
    };
    void result.then(settled, (thrown: unknown) => {
      const { abort } = this.options;
      // A handler that catches that has not succeeded: what it returns comes of a part of its work.
      if (thrown === abort.reason) abort.hasRefused = true;
      settled();
    });
    return result;
  }

  /** The handler has ended: no step begins any more. */
  seal(): void {
    this.#sealed = true;
  }

  /**
   * The attempt is over: open waits end without a word, and nothing more is recorded. A handler that was left behind may
   * go on to its next new step, which never begins (`gate`): an error would be one more thing that it could catch.
   */
  close(): void {
    for (const close of this.#closers ?? []) close();
    this.#closers = undefined;
  }

  /** Is this the recorded failure of a step, itself or as a cause? */
  isRecordedFailure(thrown: unknown): boolean {
    try {
      for (let error = thrown, depth = 0; error instanceof Error && depth < 10; error = error.cause, depth++) {
        if (this.#failures?.has(error)) return true;
        if (error instanceof AggregateError && error.errors.length > 0)
          return error.errors.every((one) => this.isRecordedFailure(one));
      }
    } catch {
      // What cannot be looked at is none of ours.
    }
    return false;
  }

  /**
   * Waits `ms` (null: without end) or until `subscribe` hands over a word. Rejects when the attempt is aborted. On
   * return the attempt works again: it has its slot, and no suspension is on its way.
   */
  async wait<T>(
    what: string,
    ms: number | null,
    subscribe?: 'next try' | ((take: (word: T) => void) => () => void),
  ): Promise<Woken<T>> {
    const { clock, abort: whole, activity, resumed } = this.options;
    const { signal } = whole;
    const until = ms === null ? null : clock.monotonic() + ms;
    const close = activity.open({ what, until, owesTry: subscribe === 'next try' });
    try {
      const woken = await new Promise<Woken<T>>((resolve, reject) => {
        const cleanUps: (() => void)[] = [];
        const drop = (): void => {
          for (const cleanUp of cleanUps.splice(0)) cleanUp();
        };
        const end = (settle: () => void): void => {
          drop();
          settle();
        };
        this.#closers ??= new Set();
        this.#closers.add(drop);
        cleanUps.push(() => this.#closers?.delete(drop));
        const abort = (): void => end(() => reject(signal.reason as Error));
        if (signal.aborted) return abort();
        signal.addEventListener('abort', abort, { once: true });
        cleanUps.push(() => signal.removeEventListener('abort', abort));
        if (ms !== null) {
          const timer = clock.setTimer(ms, () => end(() => resolve({ by: 'timer' })));
          cleanUps.push(() => timer.cancel());
        }
        // Last, because a letter at hand ends the wait before `subscribe` returns.
        if (typeof subscribe === 'function')
          cleanUps.push(subscribe((word) => end(() => resolve({ by: 'word', word }))));
      });
      await resumed();
      return woken;
    } finally {
      close();
    }
  }

  #settle(
    end: { readonly state: string; readonly output: JsonText | null; readonly error: Failure | null },
    resolve: (value: unknown) => void,
    reject: (error: Error) => void,
  ): void {
    if (end.state === 'succeeded') return resolve(end.output === null ? undefined : JSON.parse(end.output));
    const error = restoreFailure(end.error ?? readFailure(new Error('the step failed')).failure);
    this.#failures ??= new WeakSet();
    this.#failures.add(error);
    reject(error);
  }
}

/** Before anything is recorded under it: what a database refuses could never be. @throws CONFIG_INVALID */
export function checkText(text: string, what: string): void {
  if (isCleanText(text)) return;
  throw new OnejobError(
    'CONFIG_INVALID',
    `${what} holds half of a surrogate pair or U+0000, which no database keeps: ${JSON.stringify(text.slice(0, 100))}`,
    { hint: 'a text that is cut by characters stays whole: [...text].slice(0, 10).join("")' },
  );
}

/** MySQL indexes at most 3,072 bytes; this leaves room for the run's id in four-byte characters. */
const longestKey = 500;

function repeated(name: StepName, key: string): OnejobError {
  const first = JSON.stringify(typeof name === 'string' ? name : name[0]);
  const line = typeof name === 'string' ? `step([${first}, id], …)` : `step([${first}, …, anotherId], …)`;
  // In the text, not as a hint: a hint is not stored with a run.
  return new OnejobError(
    'STEP_REPEATED',
    `the step ${key} was asked for twice in one execution; in a loop, give each its own key: ${line}`,
  );
}

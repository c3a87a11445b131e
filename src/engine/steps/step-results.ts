import { readFailure, restoreFailure, type Failure } from '../../job/failure.ts';
import type { JsonText, StepRecord } from '../../job/run.ts';
import type { WaitTracker } from './wait-tracker.ts';
import { ResultSequencer } from './result-sequencer.ts';
import type { Execution } from '../attempt/execution.ts';
import type { StepCall, StepEnd, StepJournal } from './step-journal.ts';

/** What the steps of one execution end with: replayed or recorded now, and handed to the code in its turn. */
export class StepResults {
  readonly #execution: Execution;
  readonly #waitTracker: WaitTracker;
  readonly #journal: StepJournal;
  readonly #sequencer = new ResultSequencer();
  /** Undefined, as the next one, until there is something to keep: most attempts never need them. */
  readonly #past: ReadonlyMap<string, { readonly record: StepRecord; readonly order: number }> | undefined;
  /** Errors that replay would throw again: uncaught, they fail the run at once (protocol/replay#failed-steps). */
  #failures: WeakSet<Error> | undefined;
  #missing = 0;

  constructor(execution: Execution, waitTracker: WaitTracker, journal: StepJournal) {
    this.#execution = execution;
    this.#waitTracker = waitTracker;
    this.#journal = journal;
    const { records } = execution;
    if (records.length > 0) this.#past = new Map(records.map((record, order) => [record.key, { record, order }]));
  }

  /** What was recorded of a step before this attempt. */
  past(key: string): StepRecord | undefined {
    return this.#past?.get(key)?.record;
  }

  /** What was recorded, in its turn; undefined when the step has not ended yet. */
  recorded(call: StepCall): { readonly result: Promise<unknown> } | undefined {
    const { record } = call;
    if (!record || record.state === 'running') return undefined;
    const order = this.#past?.get(call.key)?.order ?? 0;
    // Until it is handed out the attempt does not only wait: what stands behind it may be the next step.
    this.#waitTracker.begin();
    const result = new Promise<unknown>((resolve, reject) => {
      this.#sequencer.replay(order, () => {
        this.#waitTracker.end();
        this.#settle(record, resolve, reject);
      });
    });
    return { result };
  }

  /** Records the end and delivers it in its turn: what the caller gets is what was recorded (protocol/replay#what-was-recorded). */
  finish(call: StepCall, end: StepEnd): Promise<unknown> {
    this.#waitTracker.begin();
    return new Promise((resolve, reject) => {
      // The sequencer is told in the very call that brings the verdict: of two results of one group the one that was
      // recorded first must come first, whatever the number of promises on its way.
      this.#journal.end(call, end, (recorded) => {
        call.isOver = true;
        this.#sequencer.fresh(() => {
          this.#waitTracker.end();
          this.#settle(recorded, resolve, reject);
        });
      });
    });
  }

  /** Records a step that no code asks for; resolves when it is committed. */
  record(call: StepCall, end: StepEnd): Promise<void> {
    return this.#waitTracker.work(() => new Promise((resolve) => this.#journal.end(call, end, () => resolve())));
  }

  /** `finish` without a further promise, for the hot path. It ends the work that `begun` counted. */
  finishThen(call: StepCall, end: StepEnd, resolve: (value: unknown) => void, reject: (error: Error) => void): void {
    this.#journal.end(call, end, (recorded) => {
      call.isOver = true;
      this.#sequencer.fresh(() => {
        this.#waitTracker.end();
        this.#missing--;
        this.#settle(recorded, resolve, reject);
      });
    });
  }

  /** A step on the hot path begins. It is counted until `finishThen` delivers its result, or until `missed`. */
  begun(): void {
    this.#missing++;
    this.#waitTracker.begin();
  }

  /** The step leaves the hot path; the ordinary way counts it again. */
  missed(): void {
    this.#missing--;
    this.#waitTracker.end();
  }

  /** How many steps were asked for and have not been answered. */
  get missing(): number {
    return this.#missing;
  }

  /**
   * Counts a step until its caller has the result. A failing step that nobody awaits must not end the whole process as
   * an unhandled rejection: it is recorded.
   */
  track<T>(result: Promise<T>): Promise<T> {
    this.#missing++;
    const settled = (): void => {
      this.#missing--;
    };
    void result.then(settled, (thrown: unknown) => {
      const { abort } = this.#execution;
      // A handler that catches that has not succeeded: what it returns comes of a part of its work.
      if (thrown === abort.reason) abort.hasRefused = true;
      settled();
    });
    return result;
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

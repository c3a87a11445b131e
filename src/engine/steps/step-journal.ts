import { readFailure, type Failure } from '../../job/failure.ts';
import { OnejobError } from '../../job/errors.ts';
import type { JsonText, StepKind, StepRecord } from '../../job/run.ts';
import type { Verdict } from '../../job/transition.ts';
import type { StepEntry, TryEntry } from '../../ports/store-entry.ts';
import type { Execution } from '../attempt/execution.ts';

/** One asked-for step of one execution. */
export interface StepCall {
  readonly key: string;
  readonly kind: StepKind;
  /** Order of first asking within the run. */
  readonly order: number;
  readonly record: StepRecord | undefined;
  readonly startedAt: number;
  /** Its end is recorded. */
  isOver: boolean;
  /**
   * For a step of several parts: what it has so far, which is kept with each failed try, its tries, and the tries
   * before this part.
   */
  part?: { readonly output: JsonText | null; readonly tries: number; readonly before: number };
}

export interface StepEnd {
  readonly state: 'succeeded' | 'failed';
  readonly output: JsonText | null;
  readonly error: Failure | null;
  readonly tries: number;
  readonly consumes?: number | null;
}

/** What is kept of a step that has begun and goes on later. */
export type StepBegin = Partial<
  Pick<TryEntry, 'tries' | 'output' | 'error' | 'resumeAt' | 'resumeInMs' | 'child' | 'retriesChild'>
>;

/** Writes the steps of one attempt and says what became of each entry. */
export class StepJournal {
  readonly #execution: Execution;

  constructor(execution: Execution) {
    this.#execution = execution;
  }

  /**
   * Records the end of a step and tells what is recorded, in the very call that brings the verdict: so results are told
   * in the order in which they were recorded. A value that the database refuses is recorded as a failure instead, once:
   * nothing of the handler is left in that, so a second refusal is a fault of ours. When the run was lost to another
   * worker nothing is told: nothing may happen after it.
   */
  end(call: StepCall, end: StepEnd, told: (recorded: StepEnd) => void, isBare = false): void {
    const { claim, host, ending } = this.#execution;
    if (ending.isOver) return;
    const entry: StepEntry = {
      kind: 'step',
      run: claim.run,
      epoch: claim.epoch,
      key: call.key,
      type: call.kind,
      state: end.state,
      tries: end.tries,
      firstSeq: call.order,
      output: end.output,
      error: end.error,
      startedAt: call.startedAt,
      finishedAt: host.clock.now(),
      consumes: end.consumes ?? null,
    };
    host.journal.recordThen(entry, (verdict) => {
      if (verdict === 'ok') told(end);
      else if (verdict === 'refused' && !isBare) this.end(call, refusedEnd(call, end), told, true);
      else if (verdict === 'refused') ending.breakOff(new Error(`the end of the step ${call.key} cannot be recorded`));
      else ending.markLost();
    });
  }

  /** Records a step that has begun and goes on later. */
  async begin(call: StepCall, begun: StepBegin): Promise<void> {
    const { claim, host, ending } = this.#execution;
    if (ending.isOver) return never();
    const verdict = await host.journal.record({
      kind: 'try',
      run: claim.run,
      epoch: claim.epoch,
      key: call.key,
      type: call.kind,
      firstSeq: call.order,
      startedAt: call.startedAt,
      tries: 0,
      output: null,
      error: null,
      resumeAt: null,
      resumeInMs: null,
      child: null,
      retriesChild: false,
      ...begun,
    });
    if (verdict === 'refused') {
      // Once without what came from the handler; refused again, it would be for ever.
      if ((begun.output ?? begun.error ?? null) !== null)
        return this.begin(call, { ...begun, output: null, error: null });
      throw new OnejobError('VALUE_REJECTED', `the beginning of the step ${call.key} was refused by the database`);
    }
    return this.#settle(verdict, undefined);
  }

  #settle<T>(verdict: Verdict, value: T): Promise<T> {
    if (verdict === 'ok') return Promise.resolve(value);
    this.#execution.ending.markLost();
    return never();
  }
}

function refusedEnd({ key }: StepCall, end: StepEnd): StepEnd {
  const refused = new OnejobError('VALUE_REJECTED', `the result of the step ${key} was refused by the database`);
  return { ...end, state: 'failed', output: null, error: readFailure(refused).failure };
}

/** A promise that never settles, for code that must not go on. */
function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

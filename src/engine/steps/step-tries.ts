import { types } from 'node:util';
import { storedText } from '../../intake/stored-text.ts';
import { OnejobError } from '../../job/errors.ts';
import { readFailure, type Reading } from '../../job/failure.ts';
import { nextTryMs, type RetryPolicy } from '../../job/retry.ts';
import type { StepContext, StepWork } from '../../job/step.ts';
import type { Abort } from '../../std/abort.ts';
import { formatDuration } from '../../std/duration.ts';
import type { StepCall, StepBegin } from './step-journal.ts';
import type { StepRuntime } from './step-runtime.ts';
import { insideOf } from './step-scope.ts';

/** Executes the step once. The argument is the number of the try. */
export type Execute = (attempt: number) => unknown;

/** Executes the work of a step, try by try, by its retry policy. */
export class StepTries {
  readonly #runtime: StepRuntime;

  constructor(runtime: StepRuntime) {
    this.#runtime = runtime;
  }

  /** Executes until it succeeds or the policy is used up; each failure is recorded, so counts survive a crash. */
  async run(call: StepCall, policy: RetryPolicy, execute: Execute): Promise<unknown> {
    await this.#remainingDelay(call);
    return this.#runFrom((call.record?.tries ?? 0) + 1, call, policy, execute);
  }

  /**
   * The common case, with one promise: a step that was not begun before, may start now and succeeds at once. Whatever
   * else happens goes the long way.
   */
  first(call: StepCall, policy: RetryPolicy, execute: Execute): Promise<unknown> {
    const { results } = this.#runtime;
    let resolve!: (value: unknown) => void;
    let reject!: (error: Error) => void;
    const promise = new Promise<unknown>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    results.begun();
    const failed = (thrown: unknown): void => {
      results.missed();
      promise.catch(() => undefined); // a failing step that nobody awaits is recorded, and must not end the process
      resolve(results.track(this.#goOn(1, call, policy, execute, thrown)));
    };
    const succeeded = (value: unknown): void => {
      let output: string | null;
      try {
        output = this.text(value, `the result of ${call.key}`);
      } catch (refused) {
        return failed(refused);
      }
      results.finishThen(call, { state: 'succeeded', output, error: null, tries: 1 }, resolve, (refused) => {
        promise.catch(() => undefined);
        reject(refused);
      });
    };
    try {
      const result = execute(1);
      if (isThenable(result)) settledOnce(result).then(succeeded, failed);
      else succeeded(result);
    } catch (thrown) {
      failed(thrown);
    }
    return promise;
  }

  async #runFrom(first: number, call: StepCall, policy: RetryPolicy, execute: Execute): Promise<unknown> {
    await this.#runtime.gate.pass();
    const reading = await this.#outcomeOf(call, () => execute(first));
    if ('output' in reading)
      return this.#runtime.results.finish(call, {
        ...reading,
        state: 'succeeded',
        error: null,
        tries: call.part ? call.part.tries - call.part.before : first,
      });
    return this.#retry(call.part?.tries ?? first, call, policy, execute, reading);
  }

  async #goOn(tries: number, call: StepCall, policy: RetryPolicy, execute: Execute, thrown: unknown): Promise<unknown> {
    this.#runtime.execution.abort.check(); // cut short from outside: no try of the policy is used up
    return this.#retry(tries, call, policy, execute, readFailure(thrown));
  }

  async #retry(
    tries: number,
    call: StepCall,
    policy: RetryPolicy,
    execute: Execute,
    reading: Reading,
  ): Promise<unknown> {
    const ofPart = tries - (call.part?.before ?? 0);
    const delayMs = nextTryMs(policy, ofPart, reading, Math.random);
    const error = reading.failure;
    if (delayMs === null)
      return this.#runtime.results.finish(call, { state: 'failed', output: null, error, tries: ofPart });
    const used = reading.laterMs === undefined ? tries : tries - 1;
    const output = call.part?.output ?? null; // what is recorded so far stays
    await this.begin(call, { tries: used, output, error, resumeInMs: delayMs });
    await this.#runtime.waits.wait(`${call.key}: next try after ${formatDuration(delayMs)}`, delayMs, 'next try');
    return this.#runFrom(used + 1, call, policy, execute);
  }

  async #outcomeOf(call: StepCall, execute: () => unknown): Promise<Reading | { readonly output: string | null }> {
    const { execution, waitTracker } = this.#runtime;
    try {
      return await waitTracker.work(async () => ({ output: this.text(await execute(), `the result of ${call.key}`) }));
    } catch (thrown) {
      execution.abort.check(); // cut short from outside: no try of the policy is used up
      return readFailure(thrown);
    }
  }

  /** Executes one try. Past its own time-out it has the grace to settle; then it is left behind. */
  execute(call: StepCall, attempt: number, timeoutMs: number | null, work: StepWork<unknown>): unknown {
    const { span } = this.#runtime.execution;
    if (!span) return this.#execute(call, attempt, timeoutMs, work);
    return span.step(call.key, attempt, () => this.#execute(call, attempt, timeoutMs, work));
  }

  #execute(call: StepCall, attempt: number, timeoutMs: number | null, work: StepWork<unknown>): unknown {
    const { abort: whole, host, job } = this.#runtime.execution;
    const { clock } = host;
    const key = this.#runtime.calls.stepIdempotencyKey(call);
    if (timeoutMs === null) return insideOf(call, () => work(new StepExecution(key, attempt, whole)));
    const { signal } = whole;
    const own = new AbortController();
    const abort = (): void => own.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    return new Promise<unknown>((resolve, reject) => {
      const late = new OnejobError(
        'RUN_TIMED_OUT',
        `the step ${call.key} took longer than ${formatDuration(timeoutMs)}`,
      );
      let grace: { cancel(): void } | undefined;
      const timer = clock.setTimer(timeoutMs, () => {
        own.abort(late);
        grace = clock.setTimer(job.graceMs, () => reject(late));
      });
      const settle = (end: () => void) => (): void => {
        timer.cancel();
        grace?.cancel();
        signal.removeEventListener('abort', abort);
        if (own.signal.reason === late) reject(late);
        else end();
      };
      Promise.resolve()
        .then(() => insideOf(call, () => work({ key, attempt, signal: own.signal })))
        .then(
          (value) => settle(() => resolve(value))(),
          (error: Error) => settle(() => reject(error))(),
        );
    });
  }

  /** Records that a step has begun, and how far it is. */
  begin(call: StepCall, begun: StepBegin): Promise<void> {
    const { waitTracker, journal } = this.#runtime;
    return waitTracker.work(() => journal.begin(call, begun));
  }

  /** A step whose next try was put off before the crash or the parking waits out the rest. */
  async #remainingDelay({ record, key }: StepCall): Promise<void> {
    const ms = this.untilMs(record?.resumeAt ?? null);
    if (ms > 0) await this.#runtime.waits.wait(`${key}: next try`, ms, 'next try');
  }

  /** The milliseconds from now to an instant of the store's clock; 0 where that is past. */
  untilMs(instant: number | null): number {
    const { storeClockOffsetMs, host } = this.#runtime.execution;
    return instant === null ? 0 : Math.max(0, instant - storeClockOffsetMs - host.clock.monotonic());
  }

  /** The JSON of a value. @throws VALUE_REJECTED */
  text(value: unknown, what: string): string | null {
    return storedText(value, what, { maxBytes: this.#runtime.execution.host.limits.valueBytes });
  }
}

/** Makes its signal when the work asks for it. */
class StepExecution implements StepContext {
  readonly key: string;
  readonly attempt: number;
  readonly #abort: Abort;

  constructor(key: string, attempt: number, abort: Abort) {
    this.key = key;
    this.attempt = attempt;
    this.#abort = abort;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }
}

/**
 * A promise of the language settles once; a thenable of somebody else's may settle twice, or throw after it has. It costs
 * a promise more.
 */
function settledOnce(result: PromiseLike<unknown>): PromiseLike<unknown> {
  const isPlain = types.isPromise(result) && result.then === Promise.prototype.then;
  return isPlain ? result : new Promise((resolve) => resolve(result));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

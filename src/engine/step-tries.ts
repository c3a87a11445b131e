import { OnejobError } from '../job/errors.ts';
import { readFailure, type Reading } from '../job/failure.ts';
import { nextTryMs, type RetryPolicy } from '../job/retry.ts';
import type { StepContext, StepWork } from '../job/step.ts';
import { formatDuration } from '../std/duration.ts';
import { checkStorable } from '../std/json.ts';
import type { Asked } from './step-journal.ts';
import type { Steps } from './steps.ts';

export interface StepTriesOptions {
  readonly steps: Steps;
  readonly graceMs: number;
  readonly maxBytes: number;
  /** Difference between the store's clock and ours at the claim: store = ours + skew. */
  readonly skewMs: number;
}

/** Executes the work of steps, try by try, by a retry policy. */
export class StepTries {
  readonly #options: StepTriesOptions;
  readonly #steps: Steps;

  constructor(options: StepTriesOptions) {
    this.#options = options;
    this.#steps = options.steps;
  }

  /** Executes until it succeeds or the policy is used up; each failure is recorded, so counts survive a crash. */
  async run(asked: Asked, policy: RetryPolicy, execute: (attempt: number) => Promise<unknown>): Promise<unknown> {
    await this.#remainingDelay(asked);
    for (let tries = (asked.record?.tries ?? 0) + 1; ; tries++) {
      await this.#steps.options.gate();
      const reading = await this.#outcomeOf(asked, () => execute(tries));
      if ('output' in reading) return this.#steps.finish(asked, { ...reading, state: 'succeeded', error: null, tries });
      const delayMs = nextTryMs(policy, tries, reading, Math.random);
      const error = reading.failure;
      if (delayMs === null) return this.#steps.finish(asked, { state: 'failed', output: null, error, tries });
      if (reading.laterMs !== undefined) tries--;
      await this.begin(asked, { tries, error, resumeInMs: delayMs });
      await this.#steps.wait(`${asked.key}: next try after ${formatDuration(delayMs)}`, delayMs, 'next try');
    }
  }

  async #outcomeOf(
    asked: Asked,
    execute: () => Promise<unknown>,
  ): Promise<Reading | { readonly output: string | null }> {
    const { signal, activity } = this.#steps.options;
    try {
      return await activity.work(async () => ({ output: this.text(await execute(), `the result of ${asked.key}`) }));
    } catch (thrown) {
      if (signal.aborted) throw signal.reason; // cut short from outside: no try of the policy is used up
      return readFailure(thrown);
    }
  }

  /** One execution; past its own time-out it has the grace to settle, then it is left behind. */
  execute(asked: Asked, attempt: number, timeoutMs: number | null, work: StepWork<unknown>): Promise<unknown> {
    const { signal, clock } = this.#steps.options;
    const context = (own: AbortSignal): StepContext => ({ key: this.#steps.handOnKey(asked), attempt, signal: own });
    if (timeoutMs === null) return Promise.resolve(work(context(signal)));
    const own = new AbortController();
    const abort = (): void => own.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    return new Promise<unknown>((resolve, reject) => {
      const late = new OnejobError(
        'RUN_TIMED_OUT',
        `the step ${asked.key} took longer than ${formatDuration(timeoutMs)}`,
      );
      let grace: { cancel(): void } | undefined;
      const timer = clock.setTimer(timeoutMs, () => {
        own.abort(late);
        grace = clock.setTimer(this.#options.graceMs, () => reject(late));
      });
      const settle = (end: () => void) => (): void => {
        timer.cancel();
        grace?.cancel();
        signal.removeEventListener('abort', abort);
        if (own.signal.reason === late) reject(late);
        else end();
      };
      Promise.resolve()
        .then(() => work(context(own.signal)))
        .then(
          (value) => settle(() => resolve(value))(),
          (error: Error) => settle(() => reject(error))(),
        );
    });
  }

  /** Records that a step has begun, and how far it is. */
  begin(asked: Asked, begun: Parameters<Steps['options']['journal']['begin']>[1]): Promise<void> {
    const { activity, journal } = this.#steps.options;
    return activity.work(() => journal.begin(asked, begun));
  }

  /** A step whose next try was put off before the crash or the parking waits out the rest. */
  async #remainingDelay({ record, key }: Asked): Promise<void> {
    const ms = this.untilMs(record?.resumeAt ?? null);
    if (ms > 0) await this.#steps.wait(`${key}: next try`, ms, 'next try');
  }

  /** From now, by our clock, to an instant of the store's. */
  untilMs(instant: number | null): number {
    return instant === null ? 0 : Math.max(0, instant - this.#options.skewMs - this.#steps.options.clock.now());
  }

  /** The JSON of a value. @throws VALUE_REJECTED */
  text(value: unknown, what: string): string | null {
    const check = checkStorable(value, { maxBytes: this.#options.maxBytes });
    if (check.ok) return check.text ?? null;
    const where = check.path ? ` (at ${check.path})` : '';
    throw new OnejobError('VALUE_REJECTED', `${what} cannot be stored${where}: ${check.why}`);
  }
}

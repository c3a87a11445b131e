import type { StepName } from '../../job/key.ts';
import { isJob, type AnyJob } from '../../job/define.ts';
import { OnejobError } from '../../job/errors.ts';
import { givenDuration, givenInstant } from '../../job/given-time.ts';
import { retryPolicy } from '../../job/retry.ts';
import type { PageOptions, Step, StepOptions, StepWork } from '../../job/step.ts';
import { formatDuration, type Duration } from '../../std/duration.ts';
import { checkText } from './step-calls.ts';
import { childResult } from './step-child.ts';
import { readPages } from './step-pages.ts';
import type { StepRuntime } from './step-runtime.ts';
import { StepTries } from './step-tries.ts';
import { waitForEvent, type WaitOptions } from './step-wait.ts';

/** The `step` that a handler is given. */
export function createStep(runtime: StepRuntime): Step {
  const kinds = new StepKinds(runtime);
  const { results } = runtime;
  const step = ((name: StepName, ...rest: [StepWork<unknown>] | [StepOptions, StepWork<unknown>]) =>
    rest.length === 1 ? kinds.step(name, noOptions, rest[0]) : kinds.step(name, rest[0], rest[1])) as Step;
  return Object.assign(step, {
    sleep: (name: StepName, duration: Duration) =>
      results.track(kinds.sleep(name, () => ({ inMs: givenDuration(duration, 'step.sleep') }))),
    sleepUntil: (name: StepName, instant: Date) =>
      results.track(kinds.sleep(name, () => ({ at: givenInstant(instant, 'step.sleepUntil') }))),
    wait: (event: string, wanted?: WaitOptions) => results.track(kinds.wait(event, wanted ?? {})),
    run: (name: StepName, job: AnyJob, input: unknown) => results.track(kinds.run(name, job, input)),
    pages: (name: StepName, pages: PageOptions<unknown, unknown>, each: (item: unknown) => unknown) =>
      results.track(kinds.pages(name, pages, each)),
  } as Pick<Step, 'sleep' | 'sleepUntil' | 'wait' | 'run' | 'pages'>);
}

const noOptions: StepOptions = {};

/** The limit that `client.send` has, too. */
const longestEvent = 500;

class StepKinds {
  readonly #runtime: StepRuntime;
  readonly #tries: StepTries;

  constructor(runtime: StepRuntime) {
    this.#runtime = runtime;
    this.#tries = new StepTries(runtime);
  }

  step(name: StepName, options: StepOptions, work: StepWork<unknown>): Promise<unknown> {
    const { calls, results, gate, execution } = this.#runtime;
    try {
      const call = calls.call(name, 'step');
      const replay = results.recorded(call);
      if (replay) return results.track(replay.result);
      const policy = options.retry ? retryPolicy(options.retry, `step ${call.key}: retry`) : execution.job.retry;
      const timeoutMs =
        options.timeout === undefined ? null : givenDuration(options.timeout, `step ${call.key}: timeout`);
      const execute = (attempt: number): unknown => this.#tries.execute(call, attempt, timeoutMs, work);
      if (!call.record && gate.isOpen) return this.#tries.first(call, policy, execute);
      return results.track(this.#tries.run(call, policy, execute));
    } catch (refused) {
      return results.track(Promise.reject(refused as Error));
    }
  }

  async sleep(name: StepName, given: () => { inMs: number } | { at: number }): Promise<void> {
    const { calls, results, gate, waits } = this.#runtime;
    const wake = given();
    const call = calls.call(name, 'sleep');
    const replay = results.recorded(call);
    if (replay) return void (await replay.result);
    await gate.pass();
    const ms = call.record
      ? this.#tries.untilMs(call.record.resumeAt)
      : 'inMs' in wake
        ? wake.inMs
        : this.#tries.untilMs(wake.at);
    if (!call.record) {
      await this.#tries.begin(call, 'inMs' in wake ? { resumeInMs: wake.inMs } : { resumeAt: wake.at });
    }
    await waits.wait(`${call.key}: sleep of ${formatDuration(ms)}`, ms);
    await results.finish(call, { state: 'succeeded', output: null, error: null, tries: 1 });
  }

  async wait(event: string, options: WaitOptions): Promise<unknown> {
    if (typeof event !== 'string' || event === '' || event.length > longestEvent) {
      throw new OnejobError('CONFIG_INVALID', `the name of an event has 1 to ${longestEvent} characters`);
    }
    checkText(event, 'the name of an event');
    const call = this.#runtime.calls.call(options.name ?? event, 'wait');
    return waitForEvent({ runtime: this.#runtime, tries: this.#tries, call, event, options });
  }

  async run(name: StepName, job: AnyJob, input: unknown): Promise<unknown> {
    if (!isJob(job)) throw new OnejobError('CONFIG_INVALID', 'step.run takes a job, as defineJob gives it');
    const { calls, results } = this.#runtime;
    const call = calls.call(name, 'child');
    const replay = results.recorded(call);
    if (replay) return replay.result;
    return childResult({ runtime: this.#runtime, tries: this.#tries, call, job, input });
  }

  async pages(
    name: StepName,
    pages: PageOptions<unknown, unknown>,
    each: (item: unknown) => unknown,
  ): Promise<unknown> {
    const { calls, results, execution } = this.#runtime;
    const call = calls.call(name, 'step');
    const replay = results.recorded(call);
    if (replay) return replay.result;
    const turn = readPages({ runtime: this.#runtime, tries: this.#tries, call, pages, each });
    return this.#tries.run(call, execution.job.retry, turn);
  }
}

import type { StepName } from '../job/key.ts';
import { isJob, type AnyJob } from '../job/define.ts';
import { OnejobError } from '../job/errors.ts';
import { givenDuration, givenInstant } from '../job/given-time.ts';
import { retryPolicy, type RetryPolicy } from '../job/retry.ts';
import type { Run, RunId } from '../job/run.ts';
import type { PageOptions, Step, StepOptions, StepWork } from '../job/step.ts';
import type { NewRun } from '../ports/store-submit.ts';
import type { AttemptSpan } from '../ports/tracer.ts';
import { formatDuration, type Duration } from '../std/duration.ts';
import { childResult } from './step-child.ts';
import { readPages } from './step-pages.ts';
import { StepTries } from './step-tries.ts';
import { waitForEvent, type WaitOptions } from './step-wait.ts';
import { checkText, type Steps } from './steps.ts';

export interface StepKindsOptions {
  readonly steps: Steps;
  readonly retry: RetryPolicy;
  readonly graceMs: number;
  readonly maxBytes: number;
  /** What the store's clock said when our monotonic clock began. */
  readonly storeZeroMs: number;
  /** Undefined where nobody collects spans. */
  readonly span: AttemptSpan | undefined;
  /** Makes the child's run, its input checked. */
  readonly newChild: (job: AnyJob, input: unknown) => Promise<NewRun>;
  /** Told when a child has been created or retried. */
  readonly onChild: () => void;
  readonly readRun: (run: RunId) => Promise<Run | null>;
  readonly onItemFailed: (name: string, item: number, thrown: unknown) => void;
  readonly onRefused: (name: string, text: string) => void;
}

/** The `step` that a handler is given. */
export function createStep(options: StepKindsOptions): Step {
  const kinds = new StepKinds(options);
  const { steps } = options;
  const step = ((name: StepName, ...rest: [StepWork<unknown>] | [StepOptions, StepWork<unknown>]) =>
    rest.length === 1 ? kinds.step(name, noOptions, rest[0]) : kinds.step(name, rest[0], rest[1])) as Step;
  return Object.assign(step, {
    sleep: (name: StepName, duration: Duration) =>
      steps.track(kinds.sleep(name, () => ({ inMs: givenDuration(duration, 'step.sleep') }))),
    sleepUntil: (name: StepName, instant: Date) =>
      steps.track(kinds.sleep(name, () => ({ at: givenInstant(instant, 'step.sleepUntil') }))),
    wait: (event: string, wanted?: WaitOptions) => steps.track(kinds.wait(event, wanted ?? {})),
    run: (name: StepName, job: AnyJob, input: unknown) => steps.track(kinds.run(name, job, input)),
    pages: (name: StepName, pages: PageOptions<unknown, unknown>, each: (item: unknown) => unknown) =>
      steps.track(kinds.pages(name, pages, each)),
  } as Pick<Step, 'sleep' | 'sleepUntil' | 'wait' | 'run' | 'pages'>);
}

const noOptions: StepOptions = {};

/** As `client.send` has it. */
const longestEvent = 500;

class StepKinds {
  readonly #options: StepKindsOptions;
  readonly #steps: Steps;
  readonly #tries: StepTries;

  constructor(options: StepKindsOptions) {
    this.#options = options;
    this.#steps = options.steps;
    this.#tries = new StepTries(options);
  }

  step(name: StepName, options: StepOptions, work: StepWork<unknown>): Promise<unknown> {
    try {
      const asked = this.#steps.ask(name, 'step');
      const replay = this.#steps.recorded(asked);
      if (replay) return this.#steps.track(replay.result);
      const policy = options.retry ? retryPolicy(options.retry, `step ${asked.key}: retry`) : this.#options.retry;
      const timeoutMs =
        options.timeout === undefined ? null : givenDuration(options.timeout, `step ${asked.key}: timeout`);
      const execute = (attempt: number): unknown => this.#tries.execute(asked, attempt, timeoutMs, work);
      if (!asked.record && this.#steps.options.isOpen()) return this.#tries.first(asked, policy, execute);
      return this.#steps.track(this.#tries.run(asked, policy, execute));
    } catch (refused) {
      return this.#steps.track(Promise.reject(refused as Error));
    }
  }

  async sleep(name: StepName, given: () => { inMs: number } | { at: number }): Promise<void> {
    const wake = given();
    const asked = this.#steps.ask(name, 'sleep');
    const replay = this.#steps.recorded(asked);
    if (replay) return void (await replay.result);
    await this.#steps.options.gate();
    const ms = asked.record
      ? this.#tries.untilMs(asked.record.resumeAt)
      : 'inMs' in wake
        ? wake.inMs
        : this.#tries.untilMs(wake.at);
    if (!asked.record) {
      await this.#tries.begin(asked, 'inMs' in wake ? { resumeInMs: wake.inMs } : { resumeAt: wake.at });
    }
    await this.#steps.wait(`${asked.key}: sleep of ${formatDuration(ms)}`, ms);
    await this.#steps.finish(asked, { state: 'succeeded', output: null, error: null, tries: 1 });
  }

  async wait(event: string, options: WaitOptions): Promise<unknown> {
    if (typeof event !== 'string' || event === '' || event.length > longestEvent) {
      throw new OnejobError('CONFIG_INVALID', `the name of an event has 1 to ${longestEvent} characters`);
    }
    checkText(event, 'the name of an event');
    const asked = this.#steps.ask(options.name ?? event, 'wait');
    const { onRefused } = this.#options;
    return waitForEvent({ steps: this.#steps, tries: this.#tries, asked, event, options, onRefused });
  }

  async run(name: StepName, job: AnyJob, input: unknown): Promise<unknown> {
    if (!isJob(job)) throw new OnejobError('CONFIG_INVALID', 'step.run takes a job, as defineJob gives it');
    const asked = this.#steps.ask(name, 'child');
    const replay = this.#steps.recorded(asked);
    if (replay) return replay.result;
    const { newChild, onChild, readRun } = this.#options;
    return childResult({ steps: this.#steps, tries: this.#tries, asked, job, input, newChild, onChild, readRun });
  }

  async pages(
    name: StepName,
    pages: PageOptions<unknown, unknown>,
    each: (item: unknown) => unknown,
  ): Promise<unknown> {
    const asked = this.#steps.ask(name, 'step');
    const replay = this.#steps.recorded(asked);
    if (replay) return replay.result;
    const { retry, onItemFailed } = this.#options;
    return this.#tries.run(
      asked,
      retry,
      readPages({ tries: this.#tries, steps: this.#steps, asked, pages, each, onItemFailed }),
    );
  }
}

import { readBody } from '../intake/run-request.ts';
import { named, type AnyJob } from '../job/define.ts';
import type { Failure } from '../job/failure.ts';
import type { OutputLine } from '../job/output-line.ts';
import type { InputOf, JobReference, OutputOf } from '../job/reference.ts';
import type { Progress, StepState } from '../job/run.ts';
import type { RunState } from '../job/state.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { withFakeSteps, type StepFakes } from './fake-steps.ts';
import { TestBench } from './test-bench.ts';

export interface TestJobOptions<J extends JobReference> {
  input?: InputOf<J>;
  /** In place of the job's own, which are not opened. */
  services?: Readonly<Record<string, unknown>>;
  /**
   * By a step's key or name: what is done instead of its work. For `step.wait` the function gives the event's data,
   * for `step.run` the child's output. A step without a fake is executed.
   */
  steps?: StepFakes;
  /** Jobs that `step.run` may start for real. */
  jobs?: readonly AnyJob[];
  header?: Readonly<Record<string, string>>;
  /** The text of the request; without `input` it is also the input, as on the command line. */
  body?: string;
  args?: readonly string[];
  /** Sleeps, waits and retries do not take time: this clock jumps to the next instant at which something is due. */
  clock?: FakeClock;
}

/** What became of the run. `waiting` with `waitingFor`: it waits for a word that nobody sent. */
export interface TestedRun<Output> {
  readonly state: RunState;
  readonly output: Output | undefined;
  readonly error: Failure | null;
  readonly attempts: number;
  readonly waitingFor: readonly string[];
  readonly steps: readonly {
    readonly key: string;
    readonly state: StepState;
    readonly tries: number;
    readonly output: unknown;
    readonly error: Failure | null;
  }[];
  readonly logs: readonly OutputLine[];
  readonly progress: Progress | null;
}

/**
 * Runs a job in memory by the very engine that runs it in production, with retries, steps and parking, on a clock that
 * skips every wait. Works in any test runner (contract SJ-17).
 */
export async function testJob<J extends JobReference>(
  job: J,
  options: TestJobOptions<J> = {},
): Promise<TestedRun<OutputOf<J>>> {
  const tested = withFakeSteps(withName(job as unknown as AnyJob), options.steps ?? {});
  const bench = await TestBench.open({
    jobs: [tested, ...(options.jobs ?? [])],
    services: options.services,
    clock: options.clock ?? createFakeClock(),
  });
  try {
    const { args, body } = options;
    const asked = { input: options.input ?? undefined, args, body, headers: Object.entries(options.header ?? {}) };
    const run = await bench.run(tested, asked.input === undefined ? readBody(asked) : asked);
    return {
      state: run.state,
      output: (run.output === null ? undefined : JSON.parse(run.output)) as OutputOf<J> | undefined,
      error: run.error,
      attempts: run.attempt,
      waitingFor: run.waitingFor,
      steps: (run.steps ?? [])
        .toSorted((a, b) => a.firstSeq - b.firstSeq)
        .map(({ key, state, tries, output, error }) => ({ key, state, tries, output: parsed(output), error })),
      logs: bench.linesOf(run.id),
      progress: run.progress,
    };
  } finally {
    await bench.close();
  }
}

/** A job that is called like its file has no name yet: nobody has looked for it in a folder. */
function withName(job: AnyJob): AnyJob {
  return job.name === '' ? named(job, 'job-under-test', job.place) : job;
}

function parsed(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}

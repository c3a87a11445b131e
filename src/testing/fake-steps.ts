import type { JobContext } from '../job/context.ts';
import type { AnyJob } from '../job/define.ts';
import { stepKey, type StepName } from '../job/key.ts';
import type { Step, StepOptions } from '../job/step.ts';

/** By a step's key, such as `charge:7`, or its name alone. */
export type StepFakes = Readonly<Record<string, (...given: never[]) => unknown>>;

/** A job whose `step` does what the fakes say. Their results are recorded, retried and replayed like real ones. */
export function withFakeSteps(job: AnyJob, fakes: StepFakes): AnyJob {
  if (Object.keys(fakes).length === 0) return job;
  return {
    ...job,
    run: (context) => {
      const step = fakeStep(context.step, fakes);
      return job.run(Object.create(context, { step: { value: step } }) as JobContext<never, never>);
    },
  };
}

function fakeStep(step: Step, fakes: StepFakes): Step {
  const fakeOf = (name: StepName): ((...given: unknown[]) => unknown) | undefined =>
    (fakes[stepKey(name)] ?? fakes[typeof name === 'string' ? name : name[0]]) as never;
  const faked = (name: StepName, ...rest: unknown[]): Promise<unknown> => {
    const fake = fakeOf(name);
    const options = (rest.length > 1 ? rest[0] : {}) as StepOptions;
    const work = (fake ?? rest.at(-1)) as (context: unknown) => unknown;
    return step(name, options, (context) => work(context));
  };
  return Object.assign(faked, {
    sleep: step.sleep,
    sleepUntil: step.sleepUntil,
    pages: step.pages,
    wait: (event: string, options: { name?: StepName } = {}) => {
      const fake = fakeOf(options.name ?? event);
      return fake ? step(options.name ?? event, () => fake()) : step.wait(event, options);
    },
    run: (name: StepName, job: AnyJob, input: unknown) => {
      const fake = fakeOf(name);
      return fake ? step(name, () => fake(input)) : step.run(name, job, input);
    },
  }) as unknown as Step;
}

import type { Stored } from '../std/stored.ts';
import type { Callback, Callbacks } from './callbacks.ts';
import type { JobContext } from './context.ts';
import { createJob, type Job, type JobOptions } from './define.ts';
import { OnejobError } from './errors.ts';
import { PermanentError } from './failure.ts';
import { importedHeader, isFirstGeneration, readImported } from './imported.ts';
import type { Schema, SchemaInput, SchemaOutput } from './schema.ts';
import { noServices, type NoServices, type ServiceSet } from './services.ts';
import type { StepContext, StepOptions } from './step.ts';

/** The options of a job without its code, which is added step by step. */
export type PipelineOptions<S extends Schema | undefined> = Omit<JobOptions<S, unknown, unknown>, 'run'>;

/** What a step of a pipeline has besides the context. */
type PipelineTools<Services> = StepContext &
  Pick<JobContext<unknown, Services>, 'services' | 'log' | 'progress' | 'run'>;

/** Changes the context or returns another one. The context is saved when the step has succeeded. */
type PipelineStep<Context, Next, Services> = (context: Context, tools: PipelineTools<Services>) => Next | Promise<Next>;

/** The context after a step: what it returned, or, when it returned nothing, the one it was given. */
type After<Context, Next> = [Next] extends [void] ? Context : Stored<Exclude<Next, void>>;

/** A job whose code is a row of steps with one context (contract VT-1). Each call gives a new definition. */
export interface Pipeline<Input, Parsed, Context, Services> extends Job<Input, Parsed, Context> {
  step<Next = void>(
    name: string,
    ...rest:
      | [work: PipelineStep<Context, Next, Services>]
      | [options: StepOptions, work: PipelineStep<Context, Next, Services>]
  ): Pipeline<Input, Parsed, After<Context, Next>, Services>;
  /** Called at least once with the final context, after the outcome is stored. */
  onSuccess(callback: Callback<Context, Services>): Pipeline<Input, Parsed, Context, Services>;
  /** Called for failed and for cancelled runs. */
  onFailure(callback: Callback<Context, Services>): Pipeline<Input, Parsed, Context, Services>;
}

/** Declares a pipeline without steps. @throws CONFIG_INVALID */
export function definePipeline<S extends Schema | undefined = undefined>(
  options: PipelineOptions<S>,
): Pipeline<SchemaInput<S>, SchemaOutput<S>, Stored<SchemaOutput<S>>, NoServices> {
  return createPipeline<S, NoServices>(options, noServices);
}

/** Makes a `definePipeline` whose pipelines use these services. */
export function createPipeline<S extends Schema | undefined, Services>(
  options: PipelineOptions<S>,
  services: ServiceSet,
): Pipeline<SchemaInput<S>, SchemaOutput<S>, Stored<SchemaOutput<S>>, Services> {
  return build({
    options: options as PipelineOptions<undefined>,
    services,
    steps: [],
    callbacks: noCallbacks,
  }) as never;
}

interface Parts {
  readonly options: PipelineOptions<undefined>;
  readonly services: ServiceSet;
  readonly steps: readonly Step[];
  readonly callbacks: Callbacks;
}

interface Step {
  readonly name: string;
  readonly options: StepOptions;
  readonly work: (context: unknown, tools: PipelineTools<unknown>) => unknown;
}

const noCallbacks: Callbacks = { onSuccess: null, onFailure: null };

function build(parts: Parts): Pipeline<never, unknown, unknown, unknown> {
  const { options, services, steps, callbacks } = parts;
  const job = createJob({ ...options, run: (context) => runSteps(steps, context) }, services);
  return {
    ...job,
    callbacks,
    stepNames: steps.map(({ name }) => name),
    step: (name: string, ...rest: [Step['work']] | [StepOptions, Step['work']]) => {
      if (steps.some((step) => step.name === name)) {
        throw new OnejobError('CONFIG_INVALID', `the pipeline ${options.name ?? ''} has two steps called ${name}`);
      }
      const step = rest.length === 1 ? { name, options: {}, work: rest[0] } : { name, options: rest[0], work: rest[1] };
      return build({ ...parts, steps: [...steps, step] });
    },
    onSuccess: (callback: Callback<never, never>) =>
      build({ ...parts, callbacks: { ...callbacks, onSuccess: callback } }),
    onFailure: (callback: Callback<never, never>) =>
      build({ ...parts, callbacks: { ...callbacks, onFailure: callback } }),
  } as never;
}

/** Each try gets a copy of the saved context. What a failed try did to its copy is lost with it. */
async function runSteps(steps: readonly Step[], context: JobContext<unknown, unknown>): Promise<unknown> {
  const { step, services, log, progress, run } = context;
  const imported = readImported(context.header(importedHeader));
  let saved: unknown = context.input;
  for (const [index, { name, options, work }] of steps.entries()) {
    saved = await step(name, options, async (tools) => {
      const copy: unknown = structuredClone(saved);
      const { key, attempt } = tools;
      if (imported !== undefined && isFirstGeneration({ run: run.id, step: name, key })) {
        if (index + 1 < imported.step) return copy;
        if (index + 1 === imported.step && imported.failed && context.attempt === 1) {
          throw new PermanentError(`step ${imported.step} failed before the run was imported`);
        }
      }
      const returned = await work(copy, {
        key,
        attempt,
        get signal() {
          return tools.signal; // made when it is asked for
        },
        services,
        log,
        progress,
        run,
      });
      return returned === undefined ? copy : returned;
    });
  }
  return saved;
}

import type { Stored } from '../std/stored.ts';
import { createJob, type Job, type JobOptions } from './define.ts';
import { createPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
import type { Schema, SchemaInput, SchemaOutput } from './schema.ts';
import type { ServiceDefinition, ServiceSet } from './services.ts';

/**
 * Declares services, and gives a `defineJob` whose handlers get them, typed, as `services` (contract SJ-15). They are
 * opened in the order in which they are written, when the first run of such a job starts in a process. They are closed
 * in the reverse order when the app stops.
 */
export function defineServices<T extends Record<string, unknown>>(definitions: {
  readonly [K in keyof T]: ServiceDefinition<T[K]>;
}): {
  readonly services: ServiceSet;
  readonly defineJob: <S extends Schema | undefined = undefined, Output = void>(
    options: JobOptions<S, Output, T>,
  ) => Job<SchemaInput<S>, SchemaOutput<S>, Stored<Output>>;
  readonly definePipeline: <S extends Schema | undefined = undefined>(
    options: PipelineOptions<S>,
  ) => Pipeline<SchemaInput<S>, SchemaOutput<S>, Stored<SchemaOutput<S>>, T>;
} {
  const services: ServiceSet = { definitions };
  return {
    services,
    defineJob: (options) => createJob(options, services),
    definePipeline: (options) => createPipeline(options, services),
  };
}

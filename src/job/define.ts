import type { Duration } from '../std/duration.ts';
import { isCleanText } from '../std/json.ts';
import type { Stored } from '../std/stored.ts';
import type { Callbacks } from './callbacks.ts';
import type { JobContext } from './context.ts';
import { OnejobError } from './errors.ts';
import { givenDuration } from './given-time.ts';
import { retryPolicy, type RetryOptions, type RetryPolicy } from './retry.ts';
import { checkJobName } from './name.ts';
import type { Schema, SchemaInput, SchemaOutput } from './schema.ts';
import { jobBrand, type JobReference } from './reference.ts';
import { noServices, type NoServices, type ServiceSet } from './services.ts';

/** What a person writes to define a job. Only `run` is required; durations are `'5m'` or milliseconds. */
export interface JobOptions<S extends Schema | undefined, Output, Services> {
  /** In kebab-case or PascalCase. Where it is left out, it is the name of the file. */
  name?: string;
  summary?: string;
  details?: string;
  examples?: readonly string[];
  /** A schema of any library that follows Standard Schema. Callers give its input; the handler sees its output. */
  input?: S;
  /** Computes the key of a run from its input. The same key is the same run. It is stored as `<job>/<key>`. */
  key?: (input: SchemaOutput<S>) => string;
  /** How often each step, and the code outside of steps, is tried. Default: once. */
  retry?: RetryOptions;
  /** Limit of the running time of one attempt. Waits do not count. */
  timeout?: Duration;
  /** Limit of the time from the due instant of the run to its end. Waits count. */
  deadline?: Duration;
  /** How long a handler may go on after its signal has aborted. Then the run ends without it. Default: 10 s. */
  grace?: Duration;
  /** The queue in the store in which runs of this job wait. Default: `default`. */
  queue?: string;
  /** From -1000 to 1000; runs with a higher one are claimed first. Default: 0. */
  priority?: number;
  /** After so many crashes in a row without progress the run fails with RUN_CRASHED. Default: 3. */
  maxCrashes?: number;
  /** How the terminal spells the input: one-letter flags, and fields taken from the words after the job's name. */
  cli?: { short?: Readonly<Record<string, string>>; positional?: readonly string[] };
  run: (context: JobContext<SchemaOutput<S>, Services>) => Output | Promise<Output>;
}

/**
 * A definition. `Input` is what callers give, `Parsed` what the handler sees, `Output` the JSON form of what it
 * returns. Plain data: nothing runs until an app is given it.
 */
export interface Job<in Input = never, Parsed = unknown, Output = unknown> extends JobReference<Input, Output> {
  readonly summary: string;
  readonly details: string;
  readonly examples: readonly string[];
  readonly input: Schema | undefined;
  readonly key: ((input: Parsed) => string) | undefined;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number | null;
  readonly deadlineMs: number | null;
  readonly graceMs: number;
  readonly queue: string;
  readonly priority: number;
  readonly maxCrashes: number;
  readonly cli: { readonly short: Readonly<Record<string, string>>; readonly positional: readonly string[] };
  readonly services: ServiceSet;
  /** What a pipeline has of them; null for any other job. */
  readonly callbacks: Callbacks | null;
  /** The names of the steps of a pipeline, in order; null for any other job. */
  readonly stepNames: readonly string[] | null;
  /** Where it was defined, as `file:line`, for messages. */
  readonly place: string;
  /** What executes it. */
  readonly runner: RunnerName;
  readonly run: (context: JobContext<Parsed, never>) => unknown;
}

/** `inline`: its handler is called in the process that claimed the run. */
export type RunnerName = 'inline';

/** A job of any input and output. */
export type AnyJob = Job<never, never>;

/** Declares a job. @throws CONFIG_INVALID when a name, duration or policy is wrong */
export function defineJob<S extends Schema | undefined = undefined, Output = void>(
  options: JobOptions<S, Output, NoServices>,
): Job<SchemaInput<S>, SchemaOutput<S>, Stored<Output>> {
  return createJob(options, noServices);
}

/** Makes a `defineJob` whose jobs use these services. */
export function createJob<S extends Schema | undefined, Output, Services>(
  options: JobOptions<S, Output, Services>,
  services: ServiceSet,
): Job<SchemaInput<S>, SchemaOutput<S>, Stored<Output>> {
  const at = definedAt();
  const name = options.name ?? '';
  refuseUnknownOptions(options, name || at);
  if (options.name !== undefined) checkJobName(options.name, at);
  if (typeof options.run !== 'function') refuse(`${name || at}: run is missing; it is the function that does the work`);
  const place = name ? `job ${name}` : `the job at ${at}`;
  return {
    [jobBrand]: true,
    name,
    summary: options.summary ?? '',
    details: options.details ?? '',
    examples: options.examples ?? [],
    input: options.input,
    key: options.key,
    retry: retryPolicy(options.retry, `${place}: retry`),
    timeoutMs: milliseconds(options.timeout, `${place}: timeout`),
    deadlineMs: milliseconds(options.deadline, `${place}: deadline`),
    graceMs: milliseconds(options.grace, `${place}: grace`) ?? 10_000,
    queue: queueName(options.queue ?? 'default', place),
    priority: wholeNumber(options.priority ?? 0, -1_000, 1_000, `${place}: priority`),
    maxCrashes: wholeNumber(options.maxCrashes ?? 3, 1, 1_000, `${place}: maxCrashes`),
    cli: { short: options.cli?.short ?? {}, positional: options.cli?.positional ?? [] },
    services,
    callbacks: null,
    stepNames: null,
    place: at,
    runner: 'inline',
    run: options.run,
  };
}

/** Whether a reference is the definition itself. */
export function isDefined(job: JobReference): job is AnyJob {
  return 'run' in job;
}

/** Recognises a job of any loaded copy of onejob. */
export function isJob(value: unknown): value is AnyJob {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[jobBrand] === true;
}

/** Names a job after its file, for definitions that left the name out. */
export function named<J extends AnyJob>(job: J, name: string, place: string): J {
  checkJobName(name, place);
  return { ...job, name, place };
}

const known = new Set(
  'name summary details examples input key retry timeout deadline grace queue priority maxCrashes cli run'.split(' '),
);

function refuseUnknownOptions(options: object, place: string): void {
  for (const option of Object.keys(options)) {
    if (!known.has(option)) refuse(`${place}: defineJob knows no option ${option}; it knows ${[...known].join(', ')}`);
  }
}

/** Rounds up to whole milliseconds: databases keep integers, and PostgreSQL refuses a fraction. */
function milliseconds(value: Duration | undefined, place: string): number | null {
  if (value === undefined) return null;
  return Math.ceil(givenDuration(value, place));
}

function queueName(name: string, place: string): string {
  if (typeof name === 'string' && name.length >= 1 && name.length <= 200 && isCleanText(name)) return name;
  return refuse(`${place}: queue is a name of 1 to 200 characters, without U+0000 and halves of surrogate pairs`);
}

function wholeNumber(value: number, min: number, max: number, place: string): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return refuse(`${place} is ${value}; it is a whole number from ${min} to ${max}`);
}

function refuse(message: string): never {
  throw new OnejobError('CONFIG_INVALID', message);
}

/** The first frame outside the folder of this file, bundled or not: `file:line` of the call. */
function definedAt(): string {
  const places = (new Error('place').stack ?? '').split('\n').flatMap((line) => placeOf(line) ?? []);
  const ownFolder = places[0]?.replace(/[^\\/]*$/, '') ?? '';
  return places.find((place) => !place.startsWith(ownFolder)) ?? 'an unknown place';
}

/** `file:line` of a line of a stack; undefined where no file is named. */
function placeOf(frame: string): string | undefined {
  const [, url, path] = /[ (](file:\/\/)?((?:\/|[A-Za-z]:[\\/]).+:\d+):\d+\)?$/.exec(frame) ?? [];
  return url === undefined || path === undefined ? path : decodeURIComponent(path);
}

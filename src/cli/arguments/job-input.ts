import type { AnyJob } from '../../job/define.ts';
import { inputInvalid, type InputFault } from '../../job/input.ts';
import { convert, convertList, isList, type Converted } from './convert.ts';
import { usage } from './flag.ts';
import { fieldsOf, type Field, type Fields } from './job-fields.ts';
import { assignPositionals, type JobPositionals } from './job-positionals.ts';
import { paramsAsFields } from './params.ts';
import { findPlace, setAt } from './place.ts';

/** What a job is given by flags, words and `--params`. */
export interface JobInput {
  /** The input of the job. Undefined: nothing was given, and the job has no fields whose defaults could apply. */
  readonly input: unknown;
  readonly args: readonly string[];
}

/**
 * Reads what stands behind a job's name as its input (contracts GJ-3, GJ-4, GJ-14).
 *
 * @param given.args of `--params`; undefined without it
 * @param given.hasBody there is `--data`, so fields cannot be given too
 * @throws USAGE for what the job does not take, INPUT_INVALID naming every field whose text cannot be converted
 */
export function readJobInput(
  job: AnyJob,
  positionals: JobPositionals,
  flags: { args: readonly string[] | undefined; hasBody: boolean },
): JobInput {
  const fields = fieldsOf(job);
  const { texts, loose } = assignPositionals(job, fields, positionals);
  const args = flags.args ?? loose;
  if (flags.hasBody) {
    if (texts.size > 0) refuseBoth(job, [...texts.keys()]);
    return { input: undefined, args };
  }
  const input: Record<string, unknown> = {};
  const faults = fillFields(input, texts, fields);
  if (flags.args && fields) faults.push(...fillParams(input, flags.args, fields));
  if (fields) faults.push(...missing(input, fields, { faults, byParams: flags.args !== undefined }));
  if (faults.length > 0) throw inputInvalid(job.name, faults);
  return { input: fields || texts.size > 0 ? input : undefined, args };
}

function fillFields(
  input: Record<string, unknown>,
  texts: ReadonlyMap<string, readonly string[]>,
  fields: Fields | null,
): InputFault[] {
  const faults: InputFault[] = [];
  for (const [path, flags] of texts) {
    const root = fields?.root ?? {};
    // A field whose own name holds a dot is one part; only what is no field is a path.
    const isField = fields?.all.some((field) => field.name === path) ?? false;
    const place = findPlace(isField ? [path] : path.split('.'), root);
    const converted: Converted = 'fault' in place ? place : convertAll(flags, place.schema, root);
    const fault =
      converted.fault ?? ('path' in place ? setAt(input, place.path, (converted as { value: unknown }).value) : '');
    if (fault !== undefined) faults.push({ path, message: fault });
  }
  return faults;
}

function convertAll(texts: readonly string[], schema: Fields['root'], root: Fields['root']): Converted {
  const [only] = texts;
  if (isList(schema, root)) return convertList(texts, schema, root);
  if (texts.length === 1 && only !== undefined) return convert(only, schema, root);
  return { fault: `is given ${texts.length} times, and takes one value` };
}

function fillParams(input: Record<string, unknown>, args: readonly string[], fields: Fields): InputFault[] {
  const params = paramsAsFields(args, fields);
  const faults = [...params.faults];
  for (const [name, value] of Object.entries(params.input)) {
    if (setAt(input, [name], value) !== undefined) {
      faults.push({ path: name, message: 'is given by a flag and by --params' });
    }
  }
  return faults;
}

/** Schemas say of a missing field that it is no string; here it can be said how to give it. */
function missing(
  input: Record<string, unknown>,
  fields: Fields,
  { faults, byParams }: { faults: readonly InputFault[]; byParams: boolean },
): InputFault[] {
  return fields.all
    .filter((field) => field.required && !Object.hasOwn(input, field.name))
    .filter((field) => !faults.some(({ path }) => path === field.name || path.startsWith(`${field.name}.`)))
    .map((field) => ({ path: field.name, message: `is missing; ${howToGive(field, fields, byParams)}` }));
}

function howToGive(field: Field, { all, positional }: Fields, byParams: boolean): string {
  if (byParams) return `it would be value ${all.indexOf(field) + 1} of --params`;
  const flag = `--${field.flag}`;
  return positional.includes(field) ? `give it as a word behind the job's name, or by ${flag}` : `give it by ${flag}`;
}

function refuseBoth(job: AnyJob, paths: readonly string[]): never {
  return usage(
    `the input of ${job.name} is given twice: by --data and by ${paths.join(', ')}`,
    'put all of it into --data, or all of it into flags',
  );
}

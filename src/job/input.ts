import { OnejobError } from './errors.ts';
import type { Job } from './define.ts';
import type { SchemaIssue } from './schema.ts';

/** One field of the input that the schema refused; `path` is '' for the input as a whole. */
export interface InputFault {
  readonly path: string;
  readonly message: string;
}

/**
 * Parses `value` by the job's schema. Without a schema the value stays what it is.
 * @throws INPUT_INVALID with each field named, its faults in `data.fields`
 */
export async function parseInput<Input>(job: Job<never, Input>, value: unknown): Promise<Input> {
  if (!job.input) return value as Input;
  const result = await job.input['~standard'].validate(value);
  if (!result.issues) return result.value as Input;
  throw inputInvalid(job.name, result.issues.map(readIssue));
}

export function inputInvalid(job: string, fields: readonly InputFault[]): OnejobError {
  const list = fields.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return new OnejobError('INPUT_INVALID', `the input of ${job} is not valid: ${list}`, {
    data: { fields },
    hint: `onejob run ${job} --help shows what it takes`,
  });
}

function readIssue(issue: SchemaIssue): InputFault {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return { path, message: issue.message };
}

import { isReservedKey } from '../job/callbacks.ts';
import type { AnyJob } from '../job/define.ts';
import { OnejobError } from '../job/errors.ts';
import { computedKey } from '../job/key.ts';
import { checkStorable } from '../std/json.ts';
import type { RunRequest } from './run-request.ts';

/**
 * The key of a new run. A child has no computed key: the run of that key may be somebody else's, and its end would not
 * be told to this parent.
 */
export function computesKey(job: AnyJob | undefined, { key, parent }: Pick<RunRequest, 'key' | 'parent'>): boolean {
  return key === undefined && Boolean(job?.key) && parent === undefined;
}

/** The key that the job computes of its input. @throws CONFIG_INVALID */
export function keyOfInput(job: AnyJob, input: unknown): string {
  const key: unknown = (job.key as (input: unknown) => unknown)(input);
  if (typeof key === 'string' && key !== '' && key.length <= 400) return computedKey(job.name, key);
  throw new OnejobError('CONFIG_INVALID', `the key of ${job.name} gave ${JSON.stringify(key) ?? 'undefined'}`, {
    hint: 'key is a function of the input that returns a text of 1 to 400 characters',
  });
}

/**
 * The key that a caller gave, also where types do not hold. An empty one is a variable that was not set: all its runs
 * would be one. @throws USAGE
 */
export function checkedKey(key: unknown): string {
  const isText = typeof key === 'string' && key !== '' && key.length <= 500;
  if (!isText || !checkStorable(key, { maxBytes: 2_000 }).ok)
    throw new OnejobError('USAGE', `${shown(key)} is no key: a key is a text of 1 to 500 characters`);
  if (!isReservedKey(key)) return key;
  throw new OnejobError(
    'USAGE',
    `${shown(key)} cannot be a key: those that begin with callback: are given to callbacks`,
    { hint: 'write something else in front' },
  );
}

function shown(key: unknown): string {
  const text = typeof key === 'string' ? `'${key}'` : String(key);
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}

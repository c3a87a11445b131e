import { OnejobError } from '../../job/errors.ts';
import { checkTexts } from '../sql/text.ts';

/**
 * A batch as the one JSON parameter of a procedure, or null where it is empty. Members that are undefined are left out:
 * procedures read them as null.
 */
export function bundle(items: readonly unknown[]): string | null {
  return items.length === 0 ? null : JSON.stringify(items);
}

/** A question about a text that cannot be in the database has an answer without asking. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0') && text.length <= 700;
}

/**
 * Refuses what the server would refuse or, where it reads it out of JSON, cut: names that are longer than their column.
 *
 * @throws VALUE_REJECTED
 */
export function checkArgument(argument: unknown): void {
  checkTexts(argument);
  checkLengths(argument);
}

/** By the name of the member, wherever it stands; schema/tables.ts has columns of these lengths. */
const longest: Readonly<Record<string, number>> = {
  run: 64,
  worker: 64,
  holder: 64,
  parent: 64,
  root: 64,
  job: 191,
  queue: 191,
  schedule: 191,
  node: 191,
  replaces: 191,
  version: 191,
  app: 191,
  traceId: 191,
  digest: 191,
};

/** Of these the columns have no limit. */
const unlimited = new Set(['data', 'error', 'identity', 'input', 'output', 'progress', 'request', 'response', 'spec']);

function checkLengths(value: unknown): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (Array.isArray(value)) {
    for (const element of value) checkLengths(element);
    return;
  }
  const record = value as Record<string, unknown>;
  for (const name in record) {
    const member = record[name];
    if (unlimited.has(name)) continue;
    if (typeof member === 'string') checkLength(name, member, longest[name] ?? maxOf(name, record));
    else checkLengths(member);
  }
}

/** Members whose meaning depends on what they stand in. */
function maxOf(name: string, record: Record<string, unknown>): number {
  if (name === 'key') return 'first_seq' in record ? 500 : 700;
  if (name === 'id') return 'ref' in record || 'target' in record ? 191 : 64;
  return name === 'name' && !('ref' in record) ? 191 : Infinity;
}

function checkLength(name: string, text: string, max: number): void {
  if (text.length <= max || [...text].length <= max) return;
  throw new OnejobError('VALUE_REJECTED', `'${name}' has ${[...text].length} characters, and the store keeps ${max}`, {
    hint: 'choose a shorter one',
  });
}

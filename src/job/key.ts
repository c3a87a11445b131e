import { canonicalJson, digest } from '../std/json.ts';
import type { JsonText, StoredRequest } from './run.ts';

/** A key as it is stored: a caller's own is global, a job's computed one belongs to the job (protocol/claims#keys). */
export function computedKey(job: string, value: string): string {
  return `${job}/${value}`;
}

/** The key of an ego RunID (contract EGO-15). */
export function egoKey(runId: string): string {
  return `ego:${runId}`;
}

/** The RunID that a request brought, over ego's route or by `--job-header`. */
export function egoRunId(request: StoredRequest | null): string | undefined {
  return request?.headers.find(([name]) => name.toLowerCase() === 'x-ego-job-runid')?.[1];
}

/** Same input = same digest: SHA-256 of the canonical JSON of the input as given; null where there is none. */
export function inputDigest(input: JsonText | null): string | null {
  return input === null ? null : digestOfInput(JSON.parse(input));
}

/** The same of an input that is read already. */
export function digestOfInput(input: unknown): string {
  return digest(canonicalJson(input));
}

export type StepName = string | readonly [name: string, ...parts: (string | number)[]];

/** A step's key: name, or name and key parts, joined by `:`; a `:` or `\` inside a part is escaped (contract VT-18). */
export function stepKey(name: StepName): string {
  return typeof name === 'string' ? escapePart(name) : name.map((part) => escapePart(String(part))).join(':');
}

function escapePart(part: string): string {
  return /[:\\]/.test(part) ? part.replaceAll(/[:\\]/g, (mark) => `\\${mark}`) : part;
}

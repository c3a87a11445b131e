import { canonicalJson, digest } from '../std/json.ts';
import type { JsonText, StoredRequest } from './run.ts';

/**
 * The stored form of a key that a job computed: it belongs to the job. A caller's own key is global
 * (protocol/claims#keys).
 */
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

/**
 * The SHA-256 of the canonical JSON of an input as it was given: the same for the same input. Null where there is none.
 */
export function inputDigest(input: JsonText | null): string | null {
  return input === null ? null : digestOfInput(JSON.parse(input));
}

/** SHA-256 of the canonical JSON of an input that is read already, in hexadecimal. */
export function digestOfInput(input: unknown): string {
  return digest(canonicalJson(input));
}

export type StepName = string | readonly [name: string, ...parts: (string | number)[]];

/**
 * The key of a step: its name, or its name and key parts, joined by `:`. A `:` or `\` inside a part is escaped
 * (contract VT-18).
 */
export function stepKey(name: StepName): string {
  return typeof name === 'string' ? escapePart(name) : name.map((part) => escapePart(String(part))).join(':');
}

function escapePart(part: string): string {
  return /[:\\]/.test(part) ? part.replaceAll(/[:\\]/g, (mark) => `\\${mark}`) : part;
}

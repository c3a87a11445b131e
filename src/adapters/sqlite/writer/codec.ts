import type { Claimed } from '../../../ports/store-claim.ts';
import { decodeError, encodeError, type EncodedError } from '../file/errors.ts';
import { isWrite } from './method.ts';
import type { Answer, Call } from './writer.ts';

/**
 * Calls and answers as they travel between the threads: as one JSON text, or as a structured clone. The text is half
 * the work for many small objects (tried with groups of 100 new runs: 2.1 µs instead of 3.3 µs each, both ends
 * together), and twice the work for large texts, whose quotes it escapes; bytes go only as a clone.
 */
export type Packet<T> = string | readonly T[];

/** Characters in a packet from which on it is cloned. */
const heavy = 100_000;

export function packCalls(calls: readonly Call[]): Packet<Call> {
  let weight = 0;
  for (const call of calls) weight += call.method === 'append' ? heavy : call.weight;
  return weight < heavy ? JSON.stringify(calls) : calls;
}

export interface EncodedAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: EncodedError;
}

export function packAnswers(answers: readonly Answer[]): Packet<EncodedAnswer> {
  const wired = answers.map(({ id, value, error }) =>
    error === undefined ? { id, value } : { id, error: encodeError(error) },
  );
  // What reads may answer holds bytes, and whole pages of runs.
  return answers.every(({ method, value }) => isWrite(method) && !isHeavy(value)) ? JSON.stringify(wired) : wired;
}

/** Claims of hundreds of runs with inputs of 1 MiB are more than fits into one text, and what throws here ends the thread. */
function isHeavy(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('claims' in value)) return false;
  let weight = 0;
  for (const { input, request } of (value as Claimed).claims) {
    weight += (input?.length ?? 0) + (request?.body?.length ?? 0);
    if (weight >= heavy) return true;
  }
  return false;
}

export function unpack<T>(packet: Packet<T>): readonly T[] {
  return typeof packet === 'string' ? (JSON.parse(packet) as T[]) : packet;
}

export function decodeAnswer({ id, value, error }: EncodedAnswer): Pick<Answer, 'id' | 'value' | 'error'> {
  return error === undefined ? { id, value } : { id, error: decodeError(error) };
}

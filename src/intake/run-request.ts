import type { JobReference } from '../job/reference.ts';
import type { RunId } from '../job/run.ts';
import type { Trigger } from '../job/state.ts';
import type { WorkerId } from '../ports/store-worker.ts';
import type { Duration } from '../std/duration.ts';

/** A run that somebody asks for, whoever it is and by whatever way, before anything of it is checked. */
export interface RunRequest {
  /** A definition, or a name, which is looked up where the jobs are known. */
  readonly job: JobReference | string;
  /** Undefined: none. */
  readonly input?: unknown;
  /** JSON.parse made the input, so it need not be read again from its own text. */
  readonly isPlain?: boolean | undefined;
  /**
   * What was sent, as it came; bytes where they are no text. The job reads it from its request. It is kept only where it
   * is not just the JSON of the input.
   */
  readonly body?: string | Uint8Array | undefined;
  readonly trigger: Trigger;
  /** The caller's own, which is global: the same key gives the same run. */
  readonly key?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly headers?: Headers | undefined;
  readonly delay?: Duration | undefined;
  readonly priority?: number | undefined;
  readonly timeout?: Duration | undefined;
  /** Of a child: the run whose step asks for it, and the topmost ancestor. */
  readonly parent?: { readonly run: RunId; readonly root: RunId } | undefined;
  readonly traceId?: string | undefined;
  /** The worker that executes it at once. Nobody holds a run that is delayed. */
  readonly holder?: WorkerId | undefined;
}

export type Headers = readonly (readonly [name: string, value: string])[];

/**
 * Reads the input from the body, where there is one: JSON where it parses, else the text itself is the input (contract
 * EGO-5). No bytes at all, and bytes that are no text, are no input.
 */
export function readBody<Request extends Pick<RunRequest, 'input' | 'body'>>(request: Request): Request {
  const { body } = request;
  if (body === undefined) return request;
  return { ...request, input: inputOf(body), isPlain: true };
}

/** Why the body is not JSON, where its text itself became the input; else undefined. */
export function faultOfBody({
  body,
  input,
  isPlain,
}: Pick<RunRequest, 'body' | 'input' | 'isPlain'>): string | undefined {
  if (!isPlain || typeof body !== 'string' || input !== body) return undefined; // no JSON text is the text that it says
  try {
    JSON.parse(body);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function inputOf(body: string | Uint8Array): unknown {
  if (body === '' || typeof body === 'object') return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}

import type { RunRequest } from '../../intake/run-request.ts';
import { storedText } from '../../intake/stored-text.ts';
import { OnejobError } from '../../job/errors.ts';
import type { Run } from '../../job/run.ts';
import type { Duration } from '../../std/duration.ts';
import { durationOption } from '../config/duration-option.ts';
import type { ServerLink } from './server-link.ts';

/** A run that the server has. */
export interface Stored extends Pick<Run, 'id' | 'key' | 'job' | 'state'> {
  readonly created: boolean;
}

/**
 * Asks for runs, all of them or none. Not repeated after a lost answer, which would make other runs: whoever repeats it
 * gives keys. @throws VALUE_REJECTED and USAGE here, the rest as the server finds it
 */
export async function enqueueOn(link: ServerLink, requests: readonly RunRequest[]): Promise<readonly Stored[]> {
  if (requests.length === 0) return [];
  const runs = requests.map(sentRequest);
  return (await link.act<{ items: readonly Stored[] }>('POST', '/runs', { body: { runs } })).items;
}

/** What JSON.stringify would silently change must not leave this process; sizes are the server's to judge. */
function sentRequest({ job, delay, timeout, body, isPlain: _, ...request }: RunRequest): object {
  const name = typeof job === 'string' ? job : job.name;
  storedText(request.input, `the input of ${name}`, { maxBytes: Infinity });
  return {
    ...request,
    job: name,
    body: typeof body === 'object' ? decodeText(body) : body,
    delay: delay === undefined ? undefined : inMilliseconds('delay', delay),
    timeout: timeout === undefined ? undefined : inMilliseconds('timeout', timeout),
  };
}

/** Bytes that are no text have no place in the JSON of the API. @throws USAGE */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new OnejobError('USAGE', 'the body is not UTF-8 text, and cannot be sent to a server so');
  }
}

/** A duration in the form that the API takes. @throws USAGE */
export function inMilliseconds(name: string, duration: Duration): string {
  return `${Math.round(durationOption(name, duration) ?? 0)}ms`;
}

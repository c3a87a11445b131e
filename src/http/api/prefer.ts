import type { Client } from '../../app/client/client.ts';
import { hasCode } from '../../job/errors.ts';

const maxSeconds = 300;

/** The seconds of `Prefer: wait=30` (RFC 7240), at most 300; null where it asks for no wait. Other preferences pass. */
export function preferredWait(prefer: string | undefined): number | null {
  const wait = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=[,;]|$)/i.exec(prefer ?? '')?.[1];
  return wait === undefined ? null : Math.min(maxSeconds, Number(wait));
}

/** Resolves when the run has ended, when the time is over, or when the caller has gone. @throws RUN_UNKNOWN */
export async function waitFor({
  client,
  ref,
  seconds,
  signal,
}: {
  client: Client;
  ref: string;
  seconds: number;
  signal: AbortSignal;
}): Promise<void> {
  try {
    await client.wait(ref, { timeout: seconds * 1_000, signal });
  } catch (error) {
    if (!signal.aborted && !hasCode(error, 'WAIT_TIMED_OUT')) throw error;
  }
}

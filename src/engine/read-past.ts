import type { StepRecord } from '../job/run.ts';
import type { Claim } from '../ports/store-claim.ts';
import type { Abort } from '../std/abort.ts';
import { insist } from './attempt-steps.ts';
import type { Host } from './host.ts';
import type { Mailbox } from './mailbox.ts';

/**
 * What was before an attempt: its recorded steps, and all messages that there were at its claim. A handler begins with
 * both: a wait whose time is over must not miss its event.
 *
 * @throws the reason, when aborted
 */
export async function readPast(
  host: Host,
  claim: Claim,
  mailbox: Mailbox,
  abort: Abort,
): Promise<readonly StepRecord[]> {
  const reading = claim.steps > 0 ? insist(host, abort, () => host.store.steps([claim.run])) : [];
  if (claim.mail > 0) host.wake.mail([claim.run]);
  const mailed = claim.mail > 0 ? mailbox.upTo(claim.mail, abort.signal) : undefined;
  const [records] = await Promise.all([reading, mailed]);
  return records[0] ?? [];
}

import type { StepRecord } from '../job/run.ts';
import type { Claim } from '../ports/store-claim.ts';
import type { StepRequest } from '../ports/store-query.ts';
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
  const reading = claim.steps > 0 ? readSteps(host, claim, abort) : [];
  if (claim.mail > 0) host.wake.mail([claim.run]);
  const mailed = claim.mail > 0 ? mailbox.upTo(claim.mail, abort.signal) : undefined;
  const [records] = await Promise.all([reading, mailed]);
  return records;
}

/** One answer after the other: the outputs of all steps together may be larger than what a store can say at once. */
async function readSteps(host: Host, { run }: Claim, abort: Abort): Promise<StepRecord[]> {
  const records: StepRecord[] = [];
  for (let after: string | null = null; ;) {
    const request: StepRequest = { run, after, maxBytes };
    const { items, next } = await insist(host, abort, () => host.store.steps(request));
    records.push(...items);
    if (next === null) return records;
    abort.check();
    after = next;
  }
}

const maxBytes = 4_194_304;

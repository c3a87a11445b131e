import type { Claim } from '../../ports/store-claim.ts';
import type { Host } from '../host/host.ts';

/** Hands back a run that was claimed and not begun. Where somebody has asked to cancel it, that is its end. */
export async function giveBack({ journal, meter }: Host, claim: Claim): Promise<void> {
  const { run, epoch } = claim;
  const entry = { kind: 'handBack', run, epoch, attempt: null, delayMs: 0, error: null } as const;
  if ((await journal.record(entry)) === 'cancelled') meter?.endedByStore(claim, 'cancelled');
}

import type { Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import { startedOf, takenOf, wouldTake } from '../sql/born-held.ts';
import { claimCall } from './claim.ts';
import type { ClaimOutlook } from './claim-outlook.ts';
import type { Connection } from './connection.ts';
import { type Answer, answersOf, valuesOf } from './submit.ts';

/** A submit and a claim as one call and one commit. */
export async function submitAndClaim(
  db: Connection,
  { runs, request, outlook }: { runs: readonly NewRun[]; request: ClaimRequest; outlook: ClaimOutlook },
): Promise<{ readonly submitted: Submitted[]; readonly claimed: Claimed }> {
  const { values, mayTake, read } = claimCall(request, outlook);
  const takes = mayTake && wouldTake(request, runs);
  const lists = await db.write('submit', 'submit_claim_v1', [...valuesOf(runs), Number(takes), ...values]);
  const isTold = 'verdict' in (lists[0]?.[0] ?? {});
  const answers = isTold ? (lists[0] as unknown as Answer[]) : null;
  const rest = isTold ? lists.slice(1) : lists;
  const looked = read(rest);
  const wasTaken = rest[0]?.[0]?.['taken'] === 1;
  const claimed = wasTaken
    ? { ...looked, claims: takenOf(runs, { answers, worker: request.worker, now: looked.now }) }
    : looked;
  return { submitted: startedOf(runs, answersOf(runs, answers ?? []), claimed.claims), claimed };
}

import type { Claimed, ClaimRequest, LostClaim } from '../../ports/store-claim.ts';
import { claimOf, type ClaimRow, encodeTerms } from '../sql/claim-row.ts';
import { bundle, checkArgument } from './bundle.ts';
import type { Connection, Row as AnyRow } from './connection.ts';

export async function claim(db: Connection, request: ClaimRequest): Promise<Claimed> {
  checkArgument(request);
  const { worker, number, jobs, free, turn, tree } = request;
  const values = [
    worker,
    number,
    bundle(jobs.map(encodeTerms)) ?? '[]',
    free,
    turn,
    tree === undefined ? null : JSON.stringify(tree),
  ];
  return claimedOf(await db.writeOnce('claim', 'claim_v1', values));
}

/** Asks for what a lost claim took. */
export async function reclaim(db: Connection, { worker, number }: LostClaim): Promise<Claimed> {
  return claimedOf(await db.write('reclaim', 'reclaim_v1', [worker, number]));
}

function claimedOf([clock = [], rows = []]: readonly AnyRow[][]): Claimed {
  const [{ now = 0, next = null } = {}] = clock as { now?: number; next?: number | null }[];
  return {
    claims: (rows as unknown as Row[]).map(({ run_key: key, cause: trigger, ...row }) =>
      claimOf({ ...row, key, trigger }),
    ),
    now,
    nextDueAt: next,
  };
}

/** `key` and `trigger` are words of the server's own. */
interface Row extends Omit<ClaimRow, 'key' | 'trigger'> {
  readonly run_key: string | null;
  readonly cause: string;
}

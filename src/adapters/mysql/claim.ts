import type { Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import { claimOf, type ClaimRow, termsInShort } from '../sql/claim-row.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';
import { lettersByRun } from './letters.ts';

export async function claim(db: Connection, { worker, jobs, free, turn, tree }: ClaimRequest): Promise<Claimed> {
  const values = [
    worker,
    bundle(jobs.map(termsInShort)) ?? '[]',
    free,
    turn,
    tree === undefined ? null : JSON.stringify(tree),
  ];
  const [clock = [], rows = [], letters = []] = await db.write('claim', 'claim_v1', values);
  const [{ now = 0, next = null } = {}] = clock as { now?: number; next?: number | null }[];
  const byRun = lettersByRun(letters);
  return {
    claims: (rows as unknown as Row[]).map(({ run_key: key, cause: trigger, ...row }) =>
      claimOf({ ...row, key, trigger }, byRun.get(row.id) ?? []),
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

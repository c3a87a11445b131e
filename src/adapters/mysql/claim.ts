import type { Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import { claimOf, type ClaimRow, termsInShort } from '../sql/claim-row.ts';
import { bundle } from './bundle.ts';
import type { ClaimOutlook } from './claim-outlook.ts';
import type { Connection } from './connection.ts';
import { lettersByRun } from './letters.ts';

export async function claim(
  db: Connection,
  { worker, jobs, free, turn, tree }: ClaimRequest,
  outlook: ClaimOutlook,
): Promise<Claimed> {
  const { seen, isWhole } = outlook.of(worker);
  const begunAt = performance.now();
  const values = [
    worker,
    bundle(jobs.map(termsInShort)) ?? '[]',
    free,
    turn,
    tree === undefined ? null : JSON.stringify(tree),
    seen?.lines ?? null,
    isWhole ? null : (seen?.since ?? null),
  ];
  const [clock = [], rows = [], letters = []] = await db.write('claim', 'claim_v1', values);
  const [{ now = 0, next = null, spent = null, since = null, seen: lines = null } = {}] = clock as Partial<ClockRow>[];
  if (tree === undefined) {
    const look = { lines, since, spentMs: spent === null ? null : spent / 1_000 };
    outlook.note({ worker, isWhole, look, begunAt });
  }
  const byRun = lettersByRun(letters);
  return {
    claims: (rows as unknown as Row[]).map(({ run_key: key, cause: trigger, ...row }) =>
      claimOf({ ...row, key, trigger }, byRun.get(row.id) ?? []),
    ),
    now,
    nextDueAt: next,
  };
}

interface ClockRow {
  readonly now: number;
  readonly next: number | null;
  /** Microseconds. */
  readonly spent: number | null;
  readonly since: number | null;
  readonly seen: string | null;
}

/** `key` and `trigger` are words of the server's own. */
interface Row extends Omit<ClaimRow, 'key' | 'trigger'> {
  readonly run_key: string | null;
  readonly cause: string;
}

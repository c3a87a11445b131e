import type { Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import { claimOf, type ClaimRow, termsInShort } from '../sql/claim-row.ts';
import { bundle } from './bundle.ts';
import type { ClaimOutlook } from './claim-outlook.ts';
import type { Connection, Row as AnyRow } from './connection.ts';
import type { Value } from './dialect.ts';
import { lettersByRun } from './letters.ts';

export async function claim(db: Connection, request: ClaimRequest, outlook: ClaimOutlook): Promise<Claimed> {
  const { values, read } = claimCall(request, outlook);
  return read(await db.write('claim', 'claim_v1', values));
}

/** A claim that is about to be asked for. */
export interface ClaimCall {
  readonly values: readonly Value[];
  /** It may take runs that are born in the same call, without a look for others that is known to take long. */
  readonly mayTake: boolean;
  /** What the lists of rows say that the server answers. */
  readonly read: (lists: AnyRow[][]) => Claimed;
}

export function claimCall({ worker, jobs, free, turn, tree }: ClaimRequest, outlook: ClaimOutlook): ClaimCall {
  const { seen, isWhole, isSlow } = outlook.of(worker);
  const begunAt = performance.now();
  return {
    values: [
      worker,
      bundle(jobs.map(termsInShort)) ?? '[]',
      free,
      turn,
      tree === undefined ? null : JSON.stringify(tree),
      seen?.lines ?? null,
      isWhole ? null : (seen?.since ?? null),
    ],
    mayTake: isWhole && !isSlow,
    read: ([clock = [], rows = [], letters = []]) => {
      const [{ now = 0, next = null, spent = null, since = null, seen: lines = null } = {}] =
        clock as Partial<ClockRow>[];
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
    },
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

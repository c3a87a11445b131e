import type { Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import { claimOf, type ClaimRow, termsInShort } from '../sql/claim-row.ts';
import { type LetterColumns, letterOf } from '../sql/run-row.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';
import type { Outlook } from './outlook.ts';

export async function claim(db: Connection, request: ClaimRequest, outlook: Outlook): Promise<Claimed> {
  const { from, values, read } = claimCall(db, request, outlook);
  const { worker } = request;
  return read(await db.write<Row>('claim', `select * from ${from('$1', 2)}`, [worker, ...values]));
}

/** One call of `claim_v1`: a source of rows, its parameters from the number `first` on, and what the rows say. */
export interface ClaimCall {
  readonly from: (worker: string, first: number) => string;
  readonly values: readonly unknown[];
  readonly read: (rows: readonly object[]) => Claimed;
}

export function claimCall(
  db: Connection,
  { worker, jobs, free, turn, tree }: ClaimRequest,
  outlook: Outlook,
): ClaimCall {
  const { seen, isWhole } = outlook.of(worker);
  const begunAt = performance.now();
  const types = ['json', 'integer', 'bigint', 'text[]', 'json', 'boolean'];
  return {
    from: (me, first) =>
      `${db.schema}.claim_v1(${[me, ...types.map((type, i) => `$${first + i}::${type}`)].join(', ')})`,
    values: [bundle(jobs.map(termsInShort)) ?? '[]', free, turn, tree ?? null, seen, isWhole],
    // The first row tells the time, each other one is a claim.
    read: (rows) => {
      const [first, ...claims] = rows as readonly Row[];
      if (tree === undefined) outlook.note({ worker, isWhole, seen: first?.outlook ?? null, begunAt });
      return {
        claims: claims.map((row) => claimOf(row, (row.letters ?? []).map(letterOf))),
        now: first?.now ?? 0,
        nextDueAt: first?.next ?? null,
      };
    },
  };
}

interface Row extends ClaimRow {
  readonly now: number | null;
  readonly next: number | null;
  readonly outlook: string | null;
  readonly letters: LetterColumns[] | null;
}

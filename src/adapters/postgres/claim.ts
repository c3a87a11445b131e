import type { Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import { claimOf, type ClaimRow, termsInShort } from '../sql/claim-row.ts';
import { type LetterColumns, letterOf } from '../sql/run-row.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';
import type { Outlook } from './outlook.ts';

/** The first row tells the time, each other one is a claim. */
export async function claim(
  db: Connection,
  { worker, jobs, free, turn, tree }: ClaimRequest,
  outlook: Outlook,
): Promise<Claimed> {
  const { seen, isWhole } = outlook.of(worker);
  const begunAt = performance.now();
  const [first, ...rows] = await db.write<Row>(
    'claim',
    `select * from ${db.schema}.claim_v1($1, $2::json, $3::integer, $4::bigint, $5::text[], $6::json, $7::boolean)`,
    [worker, bundle(jobs.map(termsInShort)) ?? '[]', free, turn, tree ?? null, seen, isWhole],
  );
  if (tree === undefined) outlook.note({ worker, isWhole, seen: first?.outlook ?? null, begunAt });
  return {
    claims: rows.map((row) => claimOf(row, (row.letters ?? []).map(letterOf))),
    now: first?.now ?? 0,
    nextDueAt: first?.next ?? null,
  };
}

interface Row extends ClaimRow {
  readonly now: number | null;
  readonly next: number | null;
  readonly outlook: unknown;
  readonly letters: LetterColumns[] | null;
}

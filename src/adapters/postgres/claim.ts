import type { Claimed, ClaimRequest, LostClaim } from '../../ports/store-claim.ts';
import { claimOf, type ClaimRow, encodeTerms } from '../sql/claim-row.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';
import type { ClaimCursor } from './claim-cursor.ts';

export async function claim(db: Connection, request: ClaimRequest, cursor: ClaimCursor): Promise<Claimed> {
  const { values, isWhole, note } = claimCall(request, cursor);
  const text = `select * from ${db.schema}.claim_v1(
    $1, $2::bigint, $3::json, $4::integer, $5::bigint, $6::text[], $7::json, $8::boolean)`;
  // The first row tells the time, each other one is a claim.
  const [first, ...rows] = await db.writeOnce<Row>('claim', { text, values: [...values, isWhole] });
  note(first?.cursor ?? null);
  return { claims: rows.map(claimOf), now: first?.now ?? 0, nextDueAt: first?.next ?? null };
}

/** Asks for what a lost claim took. */
export async function reclaim(db: Connection, { worker, number }: LostClaim): Promise<Claimed> {
  const text = `select * from ${db.schema}.reclaim_v1($1, $2::bigint)`;
  const [first, ...rows] = await db.write<Row>('reclaim', text, [worker, number]);
  return { claims: rows.map(claimOf), now: first?.now ?? 0, nextDueAt: null };
}

/** What a claim is asked with. */
export interface ClaimCall {
  /** Worker, number, terms, free, turn, tree, seen. */
  readonly values: readonly unknown[];
  readonly isWhole: boolean;
  /** To be called with the outlook that was answered. */
  readonly note: (seen: string | null) => void;
}

export function claimCall({ worker, number, jobs, free, turn, tree }: ClaimRequest, cursor: ClaimCursor): ClaimCall {
  const { seen, isWhole } = cursor.of(worker);
  const begunAt = performance.now();
  return {
    values: [worker, number, bundle(jobs.map(encodeTerms)) ?? '[]', free, turn, tree ?? null, seen],
    isWhole,
    note: (answered) => {
      if (tree === undefined) cursor.note({ worker, isWhole, seen: answered, begunAt });
    },
  };
}

interface Row extends ClaimRow {
  readonly now: number | null;
  readonly next: number | null;
  readonly cursor: string | null;
}

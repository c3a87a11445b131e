import type { RunId } from '../../../job/run.ts';
import type { Tx } from '../file/connection.ts';

/**
 * By how much the order of ids (by the clocks of the callers) and the order of creation (by the store's) may differ.
 */
const slackMs = 86_400_000;

/** A run created at this instant or later has at least this id. */
export function idSince(tx: Tx, instant: number): RunId {
  return idFrom(timesAround(tx, instant - slackMs).before);
}

/** A run created before this instant has a lower id. */
export function idUntil(tx: Tx, instant: number): RunId {
  return idFrom(timesAround(tx, instant + slackMs).after);
}

/** Most runs created before this instant have a lower id; others may follow when their time comes. */
export function idAround(tx: Tx, instant: number): RunId {
  return idFrom(timesAround(tx, instant).after);
}

/**
 * The times in the ids between which the runs begin that were created at the instant or later. Found by halving: 40
 * seeks at most, instead of an index on the creation which each submit would pay for.
 */
function timesAround(tx: Tx, instant: number): { before: number; after: number } {
  const ends = tx.db.get<{ first: string | null; last: string | null }>(
    'select (select min(id) from runs) first, (select max(id) from runs) last',
  );
  let before = timeOf(ends?.first ?? null);
  let after = timeOf(ends?.last ?? null) + 1;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    const next = tx.db.get<{ created_at: number }>(
      'select created_at from runs where id >= ? order by id limit 1',
      idFrom(middle),
    );
    if (next === undefined || next.created_at >= instant) after = middle;
    else before = middle;
  }
  return { before, after };
}

function timeOf(id: RunId | null): number {
  return id === null ? 0 : Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

function idFrom(ms: number): RunId {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

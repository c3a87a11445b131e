import type { RunId } from '../../job/run.ts';
import type { Letter } from '../../ports/store-ask.ts';
import { letterOf, type LetterColumns } from '../sql/run-row.ts';
import type { Tx } from './connection.ts';

/** A word for a run, before it has a number. */
export type Word = Pick<Letter, 'kind' | 'name' | 'data' | 'actor' | 'reason'>;

/**
 * Puts a letter into the box of an unfinished run and raises its mail in the same statement; a waiting run is queued,
 * due now. Nothing happens when the run has ended.
 */
export function post(tx: Tx, run: RunId, word: Word): void {
  const raised = tx.db.get<{ mail: number }>(
    `update live set mail = mail + 1,
       due_at = case state when 'waiting' then ?2 else due_at end,
       waiting_for = case state when 'waiting' then null else waiting_for end,
       state = case state when 'waiting' then 'queued' else state end
     where run = ?1 returning mail`,
    run,
    tx.now,
  );
  if (raised === undefined) return;
  tx.db.run(
    'insert into letters (run, n, kind, name, data, actor, reason, at) values (?, ?, ?, ?, ?, ?, ?, ?)',
    run,
    raised.mail,
    word.kind,
    word.name,
    word.data,
    word.actor,
    word.reason,
    tx.now,
  );
}

/** Letters that no step has taken yet, in order. */
export function unread(tx: Tx, run: RunId): Letter[] {
  return tx.db
    .all<LetterColumns>(
      `select n, kind, name, data, actor, reason, at from letters
       where run = ? and consumed_by is null order by n`,
      run,
    )
    .map(letterOf);
}

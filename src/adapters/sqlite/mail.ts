import type { RunId } from '../../job/run.ts';
import type { UnreadEvents } from '../../job/transition.ts';
import type { Letter } from '../../ports/store-ask.ts';
import type { MessageRequest, Messages } from '../../ports/store-message.ts';
import { type LetterRow, type MailboxHead, messagesOf } from '../sql/messages.ts';
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

export function unreadEvents(tx: Tx, run: RunId): UnreadEvents {
  const unread = tx.db.get<{ events: number; bytes: number }>(
    `select count(*) events, coalesce(sum(bytes), 0) bytes from letters
     where run = ? and consumed_by is null and kind = 'event'`,
    run,
  );
  return unread ?? { events: 0, bytes: 0 };
}

/** Letters that no step has taken yet, to runs that the worker holds, in parts of `maxBytes`. */
export function messages(tx: Tx, request: MessageRequest): Messages {
  const { worker, runs, maxBytes } = request;
  const heads: MailboxHead[] = [];
  const rows: LetterRow[] = [];
  let bytes = 0;
  let isCut = false;
  for (const { run, epoch, seen } of runs) {
    const live = tx.db.get<{ mail: number }>(
      `select mail from live where run = ? and worker = ? and epoch = ? and state = 'running'`,
      run,
      worker,
      epoch,
    );
    heads.push({ run, mail: live?.mail ?? null });
    if (isCut || live === undefined || live.mail <= seen) continue;
    let last = seen;
    for (const letter of tx.db.all<{ n: number; bytes: number }>(
      'select n, bytes from letters where run = ? and n > ? and consumed_by is null order by n',
      run,
      seen,
    )) {
      bytes += letter.bytes;
      isCut = bytes > maxBytes && rows.length + (last - seen) > 0;
      if (isCut) break;
      last = letter.n;
    }
    rows.push(...unread(tx, { run, after: seen, to: last }));
  }
  return messagesOf(request, heads, { rows, isCut });
}

function unread(tx: Tx, { run, after, to }: { run: RunId; after: number; to: number }): LetterRow[] {
  return tx.db.all<LetterRow>(
    `select run, n, kind, name, data, actor, reason, at from letters
     where run = ? and n > ? and n <= ? and consumed_by is null order by n`,
    run,
    after,
    to,
  );
}

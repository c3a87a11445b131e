import type { RunId } from '../../../job/run.ts';
import type { UnreadEvents } from '../../../job/transition.ts';
import type { MailboxItem } from '../../../ports/store-action.ts';
import type { MessageRequest, Messages } from '../../../ports/store-message.ts';
import { type MailboxRow, type MailboxHead, messagesOf } from '../../sql/messages.ts';
import type { Tx } from '../file/connection.ts';

/** A word for a run, before it has a number. */
export type NewMailboxItem = Pick<MailboxItem, 'kind' | 'name' | 'data' | 'actor' | 'reason'>;

/**
 * Puts a mailbox item into the box of an unfinished run and raises its mailbox_seq in the same statement; a waiting run is queued,
 * due now. Nothing happens when the run has ended.
 */
export function post(tx: Tx, run: RunId, item: NewMailboxItem): void {
  const raised = tx.db.get<{ mailbox_seq: number }>(
    `update live set mailbox_seq = mailbox_seq + 1,
       due_at = case state when 'waiting' then ?2 else due_at end,
       waiting_for = case state when 'waiting' then null else waiting_for end,
       state = case state when 'waiting' then 'queued' else state end
     where run = ?1 returning mailbox_seq`,
    run,
    tx.now,
  );
  if (raised === undefined) return;
  tx.db.run(
    'insert into mailbox (run, n, kind, name, data, actor, reason, at) values (?, ?, ?, ?, ?, ?, ?, ?)',
    run,
    raised.mailbox_seq,
    item.kind,
    item.name,
    item.data,
    item.actor,
    item.reason,
    tx.now,
  );
}

export function unreadEvents(tx: Tx, run: RunId): UnreadEvents {
  const unread = tx.db.get<{ events: number; bytes: number }>(
    `select count(*) events, coalesce(sum(bytes), 0) bytes from mailbox
     where run = ? and consumed_by is null and kind = 'event'`,
    run,
  );
  return unread ?? { events: 0, bytes: 0 };
}

/** Mailbox items that no step has taken yet, to runs that the worker holds, in parts of `maxBytes`. */
export function messages(tx: Tx, request: MessageRequest): Messages {
  const { worker, runs, maxBytes } = request;
  const heads: MailboxHead[] = [];
  const rows: MailboxRow[] = [];
  let bytes = 0;
  let isCut = false;
  for (const { run, epoch, seen } of runs) {
    const live = tx.db.get<{ mailbox_seq: number }>(
      `select mailbox_seq from live where run = ? and worker = ? and epoch = ? and state = 'running'`,
      run,
      worker,
      epoch,
    );
    heads.push({ run, mailbox_seq: live?.mailbox_seq ?? null });
    if (isCut || live === undefined || live.mailbox_seq <= seen) continue;
    let last = seen;
    for (const item of tx.db.all<{ n: number; bytes: number }>(
      'select n, bytes from mailbox where run = ? and n > ? and consumed_by is null order by n',
      run,
      seen,
    )) {
      bytes += item.bytes;
      isCut = bytes > maxBytes && rows.length + (last - seen) > 0;
      if (isCut) break;
      last = item.n;
    }
    rows.push(...unread(tx, { run, after: seen, to: last }));
  }
  return messagesOf(request, heads, { rows, isCut });
}

function unread(tx: Tx, { run, after, to }: { run: RunId; after: number; to: number }): MailboxRow[] {
  return tx.db.all<MailboxRow>(
    `select run, n, kind, name, data, actor, reason, at from mailbox
     where run = ? and n > ? and n <= ? and consumed_by is null order by n`,
    run,
    after,
    to,
  );
}

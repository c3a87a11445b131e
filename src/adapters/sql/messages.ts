import type { RunId } from '../../job/run.ts';
import type { MailboxItem } from '../../ports/store-action.ts';
import type { Inbox, MessageRequest, Messages } from '../../ports/store-message.ts';
import { type MailboxColumns, mailboxItemOf } from './run-row.ts';

/** What a database found for one run of the request. They stand in the order of the request. */
export interface MailboxHead {
  readonly run: RunId;
  /** The number of its last mailbox item. Null: the worker does not hold the run. */
  readonly mailbox_seq: number | null;
}

/** The answer to a request that names no run. */
export const noMessages: Messages = { inboxes: [], lost: [], hasMore: false };

export type MailboxRow = MailboxColumns & { readonly run: RunId };

/**
 * The answer to `messages`. `rows` are the first of the mailbox items that there are, in the order of the request's runs and
 * of their numbers. Where the rest was cut off, the last inbox goes as far as its last mailbox item, and nothing is said of
 * what comes after it: the next request begins there.
 */
export function messagesOf(
  { runs }: MessageRequest,
  heads: readonly MailboxHead[],
  { rows, isCut }: { readonly rows: readonly MailboxRow[]; readonly isCut: boolean },
): Messages {
  const positions = new Map(runs.map((position) => [position.run, position]));
  const items = itemsByRun(rows);
  const last = isCut ? rows.at(-1) : undefined;
  const inboxes: Inbox[] = [];
  for (const { run, mailbox_seq } of heads) {
    const position = positions.get(run);
    if (mailbox_seq === null || position === undefined) continue;
    const seen = run === last?.run ? last.n : mailbox_seq;
    if (seen > position.seen) inboxes.push({ run, epoch: position.epoch, seen, items: items.get(run) ?? [] });
    if (run === last?.run) break;
  }
  const lost = heads.flatMap(({ run, mailbox_seq }) => (mailbox_seq === null ? [run] : []));
  return { inboxes, lost, hasMore: isCut };
}

function itemsByRun(rows: readonly MailboxRow[]): Map<RunId, MailboxItem[]> {
  const byRun = new Map<RunId, MailboxItem[]>();
  for (const row of rows) {
    const items = byRun.get(row.run);
    if (items === undefined) byRun.set(row.run, [mailboxItemOf(row)]);
    else items.push(mailboxItemOf(row));
  }
  return byRun;
}

import type { MessageRequest, Messages } from '../../ports/store-message.ts';
import { type MailboxRow, type MailboxHead, messagesOf } from '../sql/messages.ts';
import type { Connection } from './connection.ts';

/**
 * One statement, so one snapshot: each run that has messages or is not held, with as many of all messages as fit. They
 * are weighed in the index of what is unread; only the texts of those that fit are read.
 */
export async function messages(db: Connection, request: MessageRequest): Promise<Messages> {
  const { worker, runs, maxBytes } = request;
  const found = await db.query<Row>(
    `with held as materialized (
       select g.place, g.run, g.seen, l.mailbox_seq
       from unnest($2::text[], $3::integer[], $4::integer[]) with ordinality g(run, epoch, seen, place)
       left join lateral (
         select l.mailbox_seq from ${db.schema}.live l
         where l.run = g.run and l.worker = $1 and l.epoch = g.epoch and l.state = 'running' limit 1) l on true
     ), weighed as materialized (
       select h.place, h.run, m.n, sum(m.bytes) over (order by h.place, m.n) so_far,
         row_number() over (order by h.place, m.n) nth
       from held h cross join lateral (
         select m.n, m.bytes from ${db.schema}.mailbox m
         where m.run = h.run and m.n > h.seen and m.consumed_by is null order by m.n) m
       where h.mailbox_seq > h.seen
     )
     select h.run, h.mailbox_seq, m.n, m.kind, m.name, m.data, m.actor, m.reason, m.at,
       exists (select from weighed w where w.so_far > $5 and w.nth > 1) is_cut
     from held h
     left join (
       weighed w join ${db.schema}.mailbox m on m.run = w.run and m.n = w.n and (w.so_far <= $5 or w.nth = 1)
     ) on w.place = h.place
     where h.mailbox_seq is null or h.mailbox_seq > h.seen
     order by h.place, m.n`,
    [worker, runs.map(({ run }) => run), runs.map(({ epoch }) => epoch), runs.map(({ seen }) => seen), maxBytes],
  );
  const heads = found.filter(({ run }, i) => found[i - 1]?.run !== run);
  return messagesOf(request, heads, { rows: found.filter(isMailboxItem), isCut: found[0]?.is_cut ?? false });
}

type Row = MailboxHead & (MailboxRow | { readonly n: null }) & { readonly is_cut: boolean };

function isMailboxItem(row: Row): row is Row & MailboxRow {
  return row.n !== null;
}

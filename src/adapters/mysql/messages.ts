import type { MessageRequest, Messages } from '../../ports/store-message.ts';
import { type MailboxRow, type MailboxHead, messagesOf } from '../sql/messages.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';

export async function messages(db: Connection, request: MessageRequest): Promise<Messages> {
  const { worker, runs, maxBytes } = request;
  const positions = bundle(runs) ?? '[]';
  const [heads = [], items = []] = await db.call('messages_v1', [worker, positions, maxBytes]);
  const rows = items as unknown as (MailboxRow & { readonly total: number })[];
  return messagesOf(request, heads as unknown as MailboxHead[], { rows, isCut: (rows[0]?.total ?? 0) > rows.length });
}

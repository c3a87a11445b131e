import { OnejobError } from '../../job/errors.ts';
import type { MailboxItem } from '../../ports/store-action.ts';

/** What a handler is told of a cancel, as the reason of its signal. */
export function cancellation({ actor, reason }: MailboxItem): OnejobError {
  const by = actor ? ` by ${actor}` : '';
  return new OnejobError('RUN_CANCELLED', `cancelled${by}${reason ? `: ${reason}` : ''}`);
}

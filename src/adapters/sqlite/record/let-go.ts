import type { RunId } from '../../../job/run.ts';
import type { MailboxMeanwhile } from '../../../job/transition.ts';
import { cancelFailure } from '../../sql/crash-record.ts';
import type { Tx } from '../file/connection.ts';
import type { End } from './end.ts';

/** What came to a run while it was held, and how it ends where that is a request to cancel. */
export type Meanwhile = MailboxMeanwhile & { readonly cancel: End | undefined };

/** `seen`: the mailbox_seq that the attempt had seen; nothing is newer than what is there. */
export function mailboxMeanwhile(
  tx: Tx,
  { run, mailboxSeq }: { run: RunId; mailboxSeq: number },
  seen = mailboxSeq,
): Meanwhile {
  const asked =
    mailboxSeq === 0
      ? undefined
      : tx.db.get<{ actor: string; reason: string | null }>(
          `select actor, reason from mailbox where run = ? and kind = 'cancel' and consumed_by is null order by n limit 1`,
          run,
        );
  const cancel: End | undefined = asked && { run, state: 'cancelled', error: cancelFailure(asked.actor, asked.reason) };
  return { isCancelled: cancel !== undefined, isNewer: mailboxSeq > seen, cancel };
}

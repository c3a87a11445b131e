import type { RunId } from '../../job/run.ts';
import type { MailMeanwhile } from '../../job/transition.ts';
import { cancelFailure } from '../sql/burial.ts';
import type { Tx } from './connection.ts';
import type { End } from './end.ts';

/** What came to a run while it was held, and how it ends where that is a request to cancel. */
export type Meanwhile = MailMeanwhile & { readonly cancel: End | undefined };

/** `seen`: the mail that the attempt had seen; nothing is newer than what is there. */
export function mailMeanwhile(tx: Tx, { run, mail }: { run: RunId; mail: number }, seen = mail): Meanwhile {
  const asked =
    mail === 0
      ? undefined
      : tx.db.get<{ actor: string; reason: string | null }>(
          `select actor, reason from letters where run = ? and kind = 'cancel' and consumed_by is null order by n limit 1`,
          run,
        );
  const cancel: End | undefined = asked && { run, state: 'cancelled', error: cancelFailure(asked.actor, asked.reason) };
  return { isCancelled: cancel !== undefined, isNewer: mail > seen, cancel };
}

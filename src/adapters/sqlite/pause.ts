import type { AskAnswer, PauseAsk } from '../../ports/store-ask.ts';
import type { Tx } from './connection.ts';

export type PauseTarget = PauseAsk['target']['type'];

/** Pausing what is paused, or resuming what is not, is done too: a repeat answers the same. */
export function pauseOrResume(tx: Tx, ask: PauseAsk): AskAnswer {
  const { type, name } = ask.target;
  if (ask.kind === 'resume') {
    tx.db.run('delete from pauses where type = ? and name = ?', type, name);
  } else {
    tx.db.run(
      `insert into pauses (type, name, until, actor, reason, at) values (?, ?, ?, ?, ?, ?)
       on conflict (type, name) do update set until = excluded.until, actor = excluded.actor,
         reason = excluded.reason, at = excluded.at`,
      type,
      name,
      ask.until,
      ask.actor,
      ask.reason,
      tx.now,
    );
  }
  return { verdict: 'done', run: null, state: null };
}

/** Names of one kind that are paused now, with the reason. */
export function pausedNames(tx: Tx, type: PauseTarget): Map<string, string> {
  const rows = tx.db.all<{ name: string; actor: string; reason: string | null }>(
    'select name, actor, reason from pauses where type = ? and (until is null or until > ?)',
    type,
    tx.now,
  );
  return new Map(rows.map(({ name, actor, reason }) => [name, reason ?? `paused by ${actor}`]));
}

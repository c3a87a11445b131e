import type { ActionResult, PauseAction } from '../../../ports/store-action.ts';
import type { Pause } from '../../../ports/inspector.ts';
import type { Tx } from '../file/connection.ts';

type PauseTarget = PauseAction['target']['type'];

/**
 * Pausing what is paused, or resuming what is not, is done too: a repeat answers the same. A change moves the revision
 * of a schedule, so that a fire that was worked out before it is refused.
 */
export function pauseOrResume(tx: Tx, action: PauseAction): ActionResult {
  const { type, name } = action.target;
  const changed = action.kind === 'pause' ? pause(tx, action) : resume(tx, action);
  if (changed && type === 'schedule') {
    tx.db.run('update schedules set revision = revision + 1, fired = null where name = ?', name);
  }
  return { verdict: 'done', run: null, state: null };
}

function pause(tx: Tx, { target, until, actor, reason }: PauseAction): boolean {
  const changes = tx.db.run(
    `insert into pauses (type, name, until, actor, reason, at) values (?, ?, ?, ?, ?, ?)
     on conflict (type, name) do update set until = excluded.until, actor = excluded.actor,
       reason = excluded.reason, at = excluded.at
     where (until, actor, reason) is not (excluded.until, excluded.actor, excluded.reason)`,
    target.type,
    target.name,
    until,
    actor,
    reason,
    tx.now,
  );
  return changes > 0;
}

function resume(tx: Tx, { target }: PauseAction): boolean {
  return tx.db.run('delete from pauses where type = ? and name = ?', target.type, target.name) > 0;
}

/** Names that are paused now, by kind, each with the reason. */
export type PausedNames = Readonly<Record<PauseTarget, ReadonlyMap<string, string>>>;

export function pausedNames(tx: Tx): PausedNames {
  const rows = tx.db.all<{ type: PauseTarget; name: string; actor: string; reason: string | null }>(
    'select type, name, actor, reason from pauses where until is null or until > ?',
    tx.now,
  );
  const names = { job: new Map(), queue: new Map(), schedule: new Map(), node: new Map() };
  for (const { type, name, actor, reason } of rows) names[type].set(name, reason ?? `paused by ${actor}`);
  return names;
}

/** All that is paused now. */
export function pauses(tx: Tx): Pause[] {
  return tx.db.all<Pause>(
    `select type, name, reason, actor, at since, until from pauses where until is null or until > ? order by name, type`,
    tx.now,
  );
}

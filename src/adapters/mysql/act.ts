import type { Pause } from '../../ports/inspector.ts';
import type { Action, ActionResult } from '../../ports/store-action.ts';
import { encodeAction } from '../sql/action.ts';
import { bundle, checkArgument, isStorable } from './bundle.ts';
import type { Connection } from './connection.ts';
import { now } from './dialect.ts';

export async function act(db: Connection, actions: readonly Action[]): Promise<ActionResult[]> {
  checkArgument(actions);
  const items = actions.map((one, i) =>
    encodeAction('ref' in one && !isStorable(one.ref) ? { ...one, ref: '' } : one, i, 'event_name'),
  );
  const answers = await db.write('act', 'act_v1', [bundle(items)]);
  const byPlace = new Map((answers.flat() as unknown as Answer[]).map((answer) => [answer.i, answer]));
  return actions.map((_, i) => {
    const { verdict, run, state } = byPlace.get(i) ?? { verdict: 'unknown' as const, run: null, state: null };
    return { verdict, run, state };
  });
}

interface Answer extends ActionResult {
  readonly i: number;
}

/** What is paused now, by the store's clock. */
export function pauses(db: Connection): Promise<Pause[]> {
  return db.query<Pause>(
    `select type, name, reason, actor, at since, ends_at "until" from onejob_pauses
     where ends_at is null
       or ends_at > ${now}
     order by name, type`,
    [],
  );
}

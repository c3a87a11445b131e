import type { Pause } from '../../ports/inspector.ts';
import type { Action, ActionResult } from '../../ports/store-action.ts';
import { encodeAction } from '../sql/action.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';

export async function act(db: Connection, actions: readonly Action[]): Promise<ActionResult[]> {
  const rows = await db.write<{ answers: Answer[] }>('act', `select ${db.schema}.act_v1($1::json) answers`, [
    bundle(actions.map((one, i) => encodeAction(one, i, 'name'))),
  ]);
  const byPlace = new Map(rows[0]?.answers.map((answer) => [answer.i, answer]));
  return actions.map((_, i) => {
    const { verdict, run = null, state = null } = byPlace.get(i) ?? { verdict: 'unknown' as const };
    return { verdict, run, state };
  });
}

interface Answer extends Partial<ActionResult> {
  readonly i: number;
  readonly verdict: ActionResult['verdict'];
}

/** What is paused now, by the store's clock. */
export async function pauses(db: Connection): Promise<Pause[]> {
  return db.query<Pause>(
    `select type, name, reason, actor, at since, until from ${db.schema}.pauses
     where until is null or until > ${db.schema}.now_ms() order by name, type`,
    [],
  );
}

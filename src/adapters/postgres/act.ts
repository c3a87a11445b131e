import type { Pause } from '../../ports/inspector.ts';
import type { Action, ActionResult } from '../../ports/store-action.ts';
import { callbacksText } from '../sql/run-row.ts';
import { wholeMs } from '../sql/whole-ms.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';

export async function act(db: Connection, actions: readonly Action[]): Promise<ActionResult[]> {
  const rows = await db.write<{ answers: Answer[] }>('act', `select ${db.schema}.act_v1($1::json) answers`, [
    bundle(actions.map(encode)),
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

function encode(one: Action, i: number): unknown {
  const { id, kind, actor } = one;
  const asked = { i, id, kind, actor, reason: one.reason ?? undefined };
  if ('target' in one) {
    return { ...asked, type: one.target.type, name: one.target.name, until: one.until ?? undefined };
  }
  switch (one.kind) {
    case 'event':
      return { ...asked, ref: one.ref, name: one.name, data: one.data ?? undefined };
    case 'restart':
      return { ...asked, ref: one.ref, from: one.from ?? undefined };
    case 'reschedule':
      return { ...asked, ref: one.ref, delay: wholeMs(one.delayMs) };
    case 'cancel':
      return { ...asked, ref: one.ref, callbacks: callbacksText(one.callbacks) ?? undefined };
    case 'retry':
      return { ...asked, ref: one.ref };
  }
}

/** What is paused by the store's clock of this moment. */
export async function pauses(db: Connection): Promise<Pause[]> {
  return db.query<Pause>(
    `select type, name, reason, actor, at since, until from ${db.schema}.pauses
     where until is null or until > ${db.schema}.now_ms() order by name, type`,
    [],
  );
}

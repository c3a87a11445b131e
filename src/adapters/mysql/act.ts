import type { Pause } from '../../ports/inspector.ts';
import type { Action, ActionResult } from '../../ports/store-action.ts';
import { callbacksText } from '../sql/run-row.ts';
import { wholeMs } from '../sql/whole-ms.ts';
import { bundle, isStorable } from './bundle.ts';
import type { Connection } from './connection.ts';
import { now } from './dialect.ts';

export async function act(db: Connection, actions: readonly Action[]): Promise<ActionResult[]> {
  const answers = await db.write('act', 'act_v1', [bundle(actions.map(encode))]);
  const byPlace = new Map((answers.flat() as unknown as Answer[]).map((answer) => [answer.i, answer]));
  return actions.map((_, i) => {
    const { verdict, run, state } = byPlace.get(i) ?? { verdict: 'unknown' as const, run: null, state: null };
    return { verdict, run, state };
  });
}

interface Answer extends ActionResult {
  readonly i: number;
}

function encode(one: Action, i: number): unknown {
  const { id, kind, actor } = one;
  const asked = { i, id, kind, actor, reason: one.reason ?? undefined };
  if ('target' in one) {
    return { ...asked, type: one.target.type, name: one.target.name, until: one.until ?? undefined };
  }
  const ref = isStorable(one.ref) ? one.ref : '';
  switch (one.kind) {
    case 'event':
      return { ...asked, ref, event_name: one.name, data: one.data ?? undefined };
    case 'restart':
      return { ...asked, ref, from: one.from ?? undefined };
    case 'reschedule':
      return { ...asked, ref, delay: wholeMs(one.delayMs) };
    case 'cancel':
      return { ...asked, ref, callbacks: callbacksText(one.callbacks) ?? undefined };
    case 'retry':
      return { ...asked, ref };
  }
}

/** What is paused by the store's clock of this moment. */
export function pauses(db: Connection): Promise<Pause[]> {
  return db.query<Pause>(
    `select type, name, reason, actor, at since, ends_at "until" from onejob_pauses
     where ends_at is null
       or ends_at > ${now}
     order by name, type`,
    [],
  );
}

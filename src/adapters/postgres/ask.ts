import type { Pause } from '../../ports/inspector.ts';
import type { Ask, AskAnswer } from '../../ports/store-ask.ts';
import { callbacksText } from '../sql/run-row.ts';
import { wholeMs } from '../sql/whole-ms.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';

export async function ask(db: Connection, asks: readonly Ask[]): Promise<AskAnswer[]> {
  const rows = await db.write<{ answers: Answer[] }>('ask', `select ${db.schema}.ask_v1($1::json) answers`, [
    bundle(asks.map(inShort)),
  ]);
  const byPlace = new Map(rows[0]?.answers.map((answer) => [answer.i, answer]));
  return asks.map((_, i) => {
    const { verdict, run = null, state = null } = byPlace.get(i) ?? { verdict: 'unknown' as const };
    return { verdict, run, state };
  });
}

interface Answer extends Partial<AskAnswer> {
  readonly i: number;
  readonly verdict: AskAnswer['verdict'];
}

function inShort(one: Ask, i: number): unknown {
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

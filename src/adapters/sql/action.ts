import type { Action } from '../../ports/store-action.ts';
import { callbacksText } from './run-row.ts';
import { wholeMs } from './whole-ms.ts';

/**
 * What is asked, as procedures read it; `i` is its place in the batch. The name of an event stands in the member that is
 * named: that of a target has a limit, and JSON_TABLE of MySQL cannot read one member as both.
 */
export function encodeAction(one: Action, i: number, eventName: 'name' | 'event_name'): unknown {
  const { id, kind, actor } = one;
  const asked = { i, id, kind, actor, reason: one.reason ?? undefined };
  if ('target' in one) {
    return { ...asked, type: one.target.type, name: one.target.name, until: one.until ?? undefined };
  }
  switch (one.kind) {
    case 'event':
      return { ...asked, ref: one.ref, [eventName]: one.name, data: one.data ?? undefined };
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

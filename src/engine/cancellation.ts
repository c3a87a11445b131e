import { OnejobError } from '../job/errors.ts';
import type { Letter } from '../ports/store-ask.ts';

/** What a handler is told of a cancel, as the reason of its signal. */
export function cancellation({ actor, reason }: Letter): OnejobError {
  const by = actor ? ` by ${actor}` : '';
  return new OnejobError('RUN_CANCELLED', `cancelled${by}${reason ? `: ${reason}` : ''}`);
}

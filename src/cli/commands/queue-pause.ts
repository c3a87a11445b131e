import type { Call } from '../call.ts';
import { pause } from '../pausing.ts';

/** `onejob queue pause <queue>`: no worker takes another run of it, until it is resumed. */
export function execute(call: Call): Promise<number> {
  return pause(call, () => Promise.resolve({ type: 'queue', name: call.positionals[0] ?? '' }));
}

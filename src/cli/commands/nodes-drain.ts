import type { Call } from '../call.ts';
import { pause } from '../pausing.ts';

/** `onejob nodes drain <node>`: it finishes what it has and takes nothing more, until it is resumed. */
export function execute(call: Call): Promise<number> {
  return pause(call, () => Promise.resolve({ type: 'node', name: call.positionals[0] ?? '' }));
}

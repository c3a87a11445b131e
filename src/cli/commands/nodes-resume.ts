import type { Call } from '../call.ts';
import { resume } from '../pausing.ts';

/** `onejob nodes resume <node>`: it takes work again. */
export function execute(call: Call): Promise<number> {
  return resume(call, () => Promise.resolve({ type: 'node', name: call.positionals[0] ?? '' }));
}

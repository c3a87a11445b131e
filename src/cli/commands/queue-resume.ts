import type { Call } from '../call.ts';
import { resume } from '../pausing.ts';

/** `onejob queue resume <queue>`: the end of its pause. */
export function execute(call: Call): Promise<number> {
  return resume(call, () => Promise.resolve({ type: 'queue', name: call.positionals[0] ?? '' }));
}

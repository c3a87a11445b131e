import type { Call } from '../call.ts';
import { jobTarget, resume } from '../pausing.ts';

/** `onejob jobs resume <Job>`: the end of its pause. */
export function execute(call: Call): Promise<number> {
  return resume(call, (app) => jobTarget(app, call.words[0] ?? ''));
}

import type { Call } from '../call.ts';
import { jobNamed, resume } from '../pausing.ts';

/** `onejob jobs resume <Job>`: the end of its pause. */
export function execute(call: Call): Promise<number> {
  return resume(call, (app) => jobNamed(app, call.positionals[0] ?? ''));
}

import type { Call } from '../call.ts';
import { jobTarget, pause } from '../pausing.ts';

/** `onejob jobs pause <Job>`: no worker takes another run of it, until it is resumed. */
export function execute(call: Call): Promise<number> {
  return pause(call, (app) => jobTarget(app, call.words[0] ?? ''));
}

import type { Call } from '../call.ts';
import { jobNamed, pause } from '../pausing.ts';

/** `onejob jobs pause <Job>`: no worker takes another run of it, until it is resumed. */
export function execute(call: Call): Promise<number> {
  return pause(call, (app) => jobNamed(app, call.positionals[0] ?? ''));
}

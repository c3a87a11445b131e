import type { NewRun } from '../../ports/store-submit.ts';
import { encodeNewRun } from '../sql/new-run.ts';

/** What `onejob_create` reads, every member a text or a number. */
export function encode(run: NewRun, i: number): Record<string, unknown> {
  return encodeNewRun(run, i, JSON.stringify);
}

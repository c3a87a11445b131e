import type { NewRun } from '../../ports/store-submit.ts';
import { newRunInShort } from '../sql/new-run.ts';

/** What `onejob_create` reads, every member a text or a number. */
export function inShort(run: NewRun, i: number): Record<string, unknown> {
  return newRunInShort(run, i, JSON.stringify);
}

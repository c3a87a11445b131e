import { relative } from 'node:path';
import type { AnyJob } from '../../job/define.ts';

/** Where a job was defined, from where the reader stands. */
export function placeOf({ place }: AnyJob): string {
  const shown = relative(process.cwd(), place);
  return shown.startsWith('..') ? place : shown;
}

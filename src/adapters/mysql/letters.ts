import type { RunId } from '../../job/run.ts';
import type { Letter } from '../../ports/store-ask.ts';
import { type LetterColumns, letterOf } from '../sql/run-row.ts';

/** Rows of letters as procedures answer them, in order, by the run in whose box they are. */
export function lettersByRun(rows: readonly unknown[]): Map<RunId, Letter[]> {
  const byRun = new Map<RunId, Letter[]>();
  for (const row of rows as readonly (LetterColumns & { run: RunId })[]) {
    const letters = byRun.get(row.run);
    if (letters === undefined) byRun.set(row.run, [letterOf(row)]);
    else letters.push(letterOf(row));
  }
  return byRun;
}

import type { Run, RunId, StepRecord } from '../../job/run.ts';
import type { Chunk } from '../../ports/store-entry.ts';
import type { Page, StepRequest } from '../../ports/store-query.ts';
import { runOf, type RunRow, stepOf, type StepColumns } from '../sql/run-row.ts';
import { stepPage, type StepPartRow } from '../sql/step-page.ts';
import { bundle, isStorable } from './bundle.ts';
import type { Connection, Row } from './connection.ts';

/** By id first, then by key. */
export async function get(db: Connection, refs: readonly string[], steps: boolean): Promise<(Run | null)[]> {
  const asked = bundle([...new Set(refs)].filter(isStorable)) ?? '[]';
  const [rows = [], stepRows = []] = await db.call('get_v1', [asked, Number(steps)]);
  const byRef = new Map(rows.map((row) => [row['ref'], row]));
  const stepsOf = stepsByRef(stepRows);
  return refs.map((ref) => {
    const row = byRef.get(ref);
    if (row === undefined) return null;
    return steps ? { ...storedRun(row), steps: stepsOf.get(ref) ?? [] } : storedRun(row);
  });
}

/** From the columns of dialect.ts. */
export function runRow({ run_key: key, cause, ...rest }: Row): RunRow {
  return { ...rest, key, trigger: cause } as unknown as RunRow;
}

function storedRun(row: Row): Run {
  return runOf(runRow(row));
}

export async function steps(db: Connection, { run, after, maxBytes }: StepRequest): Promise<Page<StepRecord>> {
  if (!isStorable(run)) return stepPage([]);
  const [rows = []] = await db.call('steps_v1', [run, after, maxBytes]);
  return stepPage(rows.map((row) => stepRow(row) as StepPartRow));
}

function stepsByRef(rows: readonly Row[]): Map<unknown, StepRecord[]> {
  const lists = new Map<unknown, StepRecord[]>();
  for (const row of rows) {
    const step = stepOf(stepRow(row));
    const list = lists.get(row['ref']);
    if (list === undefined) lists.set(row['ref'], [step]);
    else list.push(step);
  }
  return lists;
}

function stepRow(row: Row): StepColumns {
  return { ...row, key: row['step'] } as unknown as StepColumns;
}

export async function tail(
  db: Connection,
  { run, after, maxBytes }: { run: RunId; after: number; maxBytes: number },
): Promise<Chunk[]> {
  if (!isStorable(run)) return [];
  const [rows = []] = await db.call('tail_v1', [run, after, maxBytes]);
  return rows as unknown as Chunk[];
}

import type { Run, RunId, StepRecord } from '../../../job/run.ts';
import type { RunState } from '../../../job/state.ts';
import type { Page, StepRequest } from '../../../ports/store-query.ts';
import { listedColumn, wholeColumn } from '../../sql/listed-columns.ts';
import { runColumns } from '../../sql/run-columns.ts';
import { type RunRow, runOf, type StepColumns, stepOf } from '../../sql/run-row.ts';
import { stepBytes, stepPage, type StepPartRow } from '../../sql/step-page.ts';
import type { Tx } from '../file/connection.ts';

const wholeColumns = runColumns(wholeColumn);

/** The columns of a run in a list: without its large values. */
export const listColumns = runColumns(listedColumn);

export const runTables = 'runs r left join live l on l.run = r.id left join outcomes o on o.run = r.id';

export function get(tx: Tx, { refs, steps }: { refs: readonly string[]; steps: boolean }): (Run | null)[] {
  return refs.map((ref) => {
    const row = rowOf(tx, ref);
    if (row === undefined) return null;
    const run = runOf(row);
    return steps ? { ...run, steps: stepsOf(tx, run.id) } : run;
  });
}

/** By id first, then by key. */
function rowOf(tx: Tx, ref: string): RunRow | undefined {
  const byId = `select ${wholeColumns} from ${runTables} where r.id = ?`;
  const row = tx.db.get<RunRow>(byId, ref);
  if (row !== undefined) return row;
  const owner = tx.db.get<{ run: string }>('select run from keys where key = ?', ref);
  return owner === undefined ? undefined : tx.db.get<RunRow>(byId, owner.run);
}

/** The run that an id or a key means. */
export function resolveRef(tx: Tx, ref: string): RunId | undefined {
  const row = tx.db.get<{ id: string }>('select id from runs where id = ?', ref);
  return row?.id ?? tx.db.get<{ run: string }>('select run from keys where key = ?', ref)?.run;
}

/** What fits is weighed first: only the texts of that are read. */
export function steps(tx: Tx, { run, after, maxBytes }: StepRequest): Page<StepRecord> {
  const rows = tx.db.all<StepPartRow>(
    `with weighed as materialized (
       select s.key, sum(${stepBytes}) over o so_far, row_number() over o nth, count(*) over () total
       from steps s
       where s.run = ?1 and (?2 is null or (s.state = 'running', s.n, s.first_seq, s.key) >
         (select a.state = 'running', a.n, a.first_seq, a.key from steps a where a.run = ?1 and a.key = ?2))
       window o as (order by s.state = 'running', s.n, s.first_seq, s.key)
     )
     select s.key, s.kind, s.state, s.tries, s.first_seq, s.output, s.error, s.resume_at, s.child, s.started_at, s.finished_at, w.total
     from weighed w cross join steps s on s.run = ?1 and s.key = w.key
     where w.so_far <= ?3 or w.nth = 1 order by w.nth`,
    run,
    after,
    maxBytes,
  );
  return stepPage(rows);
}

function stepsOf(tx: Tx, run: RunId): StepRecord[] {
  const rows = tx.db.all<StepColumns>(
    `select key, kind, state, tries, first_seq, output, error, resume_at, child, started_at, finished_at
     from steps where run = ? order by state = 'running', n, first_seq, key`,
    run,
  );
  return rows.map(stepOf);
}

/** The state of a run that exists. */
export function stateOf(tx: Tx, run: RunId): RunState {
  const row = tx.db.get<{ state: RunState }>(
    'select state from live where run = ?1 union all select state from outcomes where run = ?1',
    run,
  );
  if (row === undefined) throw new Error(`the run ${run} has neither a live row nor an outcome`);
  return row.state;
}

import type { Run, RunId, StepRecord } from '../../job/run.ts';
import { type RunRow, runOf, type StepColumns, stepOf } from '../sql/run-row.ts';
import type { Tx } from './connection.ts';

/** The columns of a run, those of its live row winning while there is one. */
export const runColumns = `
  r.id, r.key, r.job, r.queue, coalesce(l.state, r.state) state, r.trigger, r.priority,
  coalesce(l.attempt, r.attempt) attempt, coalesce(l.crashes, r.crashes) crashes, coalesce(l.epoch, r.epoch) epoch,
  coalesce(l.generation, r.generation) generation, r.input, r.args, r.request, r.output, r.response,
  coalesce(l.error, r.error) error, coalesce(l.progress, r.progress) progress, l.waiting_for, r.schedule,
  r.scheduled_at, r.created_at, iif(l.run is null, r.due_at, l.due_at) due_at,
  iif(l.run is null, r.started_at, l.started_at) started_at, r.finished_at, coalesce(l.node, r.node) node,
  r.trace_id, r.parent, r.root`;

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
  const byId = `select ${runColumns} from runs r left join live l on l.run = r.id where r.id = ?`;
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

export function steps(tx: Tx, runs: readonly RunId[]): StepRecord[][] {
  return runs.map((run) => stepsOf(tx, run));
}

function stepsOf(tx: Tx, run: RunId): StepRecord[] {
  const rows = tx.db.all<StepColumns>(
    `select key, kind, state, tries, asked, output, error, resume_at, child, started_at, finished_at
     from steps where run = ? order by state = 'running', n, asked`,
    run,
  );
  return rows.map(stepOf);
}

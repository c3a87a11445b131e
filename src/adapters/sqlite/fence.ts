import type { RunId } from '../../job/run.ts';
import type { LiveRow } from '../../job/transition.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import type { Tx } from './connection.ts';

/** A live row as its holder sees it, and how often the run crashed in a row. */
export interface Fence extends LiveRow {
  readonly crashes: number;
}

/** Of the runs that the worker holds. Nothing that steps and outcomes do changes who holds another run of the group. */
export type Fences = Map<RunId, Fence>;

/** Numbers only, by the place of the run in the list: making a text for JavaScript costs more than finding the row. */
export function fencesOf(tx: Tx, worker: WorkerId, entries: readonly { readonly run: RunId }[]): Fences {
  const runs = [...new Set(entries.map(({ run }) => run))];
  const rows = tx.db.all<{ place: number; epoch: number; mail: number; crashes: number }>(
    `select e.key place, l.epoch, l.mail, l.crashes from json_each(?) e cross join live l on l.run = e.value
     where l.worker = ? and l.state = 'running'`,
    JSON.stringify(runs),
    worker,
  );
  const fences: Fences = new Map();
  for (const { place, epoch, mail, crashes } of rows) {
    const run = runs[place];
    if (run !== undefined) fences.set(run, { state: 'running', worker, epoch, mail, crashes });
  }
  return fences;
}

import type { RunId } from '../../job/run.ts';
import type { LiveState } from '../../job/state.ts';
import type { LiveRow } from '../../job/transition.ts';
import type { Tx } from './connection.ts';

/** Who holds a run, and how often it crashed in a row. */
export interface Fence extends LiveRow {
  readonly run: RunId;
  readonly state: LiveState;
  readonly crashes: number;
}

/** Of the runs that are live. Nothing that steps and outcomes do changes who holds another run of the group. */
export type Fences = Map<RunId, Fence>;

export function fencesOf(tx: Tx, entries: readonly { readonly run: RunId }[]): Fences {
  const runs = [...new Set(entries.map(({ run }) => run))];
  const rows = tx.db.all<Fence>(
    'select run, state, worker, epoch, mail, crashes from live where run in (select value from json_each(?))',
    JSON.stringify(runs),
  );
  return new Map(rows.map((row) => [row.run, row]));
}

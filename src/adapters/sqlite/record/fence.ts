import type { RunId } from '../../../job/run.ts';
import type { HeldRow } from '../../../job/transition.ts';
import type { Hold } from '../../../ports/store-claim.ts';
import type { WorkerId } from '../../../ports/store-worker.ts';
import type { Tx } from '../file/connection.ts';

/** Who holds a live run, and how often it crashed in a row. */
interface Fence extends HeldRow {
  readonly crashes: number;
  readonly suspect: number;
}

/** Of the runs that the worker holds. Nothing that steps and outcomes do changes who holds another run of the group. */
export type Fences = Map<RunId, Fence>;

/**
 * Counts first: when all runs of the group are held in the epoch that it says and none has crashed, which is nearly
 * always so, no row is read (tried: 1.9 us a run with rows, 0.8 us without).
 */
export function fencesOf(tx: Tx, worker: WorkerId, entries: readonly Hold[]): Fences {
  const runs = [...new Set(entries.map(({ run }) => run))];
  const epoch = entries[0]?.epoch ?? 1;
  const list = JSON.stringify(runs);
  if (entries.every((entry) => entry.epoch === epoch)) {
    const usual = tx.db.get<{ count: number }>(
      `select count(*) count from json_each(?) e cross join live l on l.run = e.value
       where l.worker = ? and l.state = 'running' and l.epoch = ? and l.crashes = 0 and l.suspect = 0`,
      list,
      worker,
      epoch,
    );
    if (usual?.count === runs.length) {
      const fence: Fence = { state: 'running', worker, epoch, crashes: 0, suspect: 0 };
      return new Map(runs.map((run) => [run, fence]));
    }
  }
  return readFences(tx, worker, runs, list);
}

/** Numbers only, by the place of the run in the list: making a text for JavaScript costs more than finding the row. */
function readFences(tx: Tx, worker: WorkerId, runs: readonly RunId[], list: string): Fences {
  const rows = tx.db.all<{ place: number; epoch: number; crashes: number; suspect: number }>(
    `select e.key place, l.epoch, l.crashes, l.suspect from json_each(?) e cross join live l on l.run = e.value
     where l.worker = ? and l.state = 'running'`,
    list,
    worker,
  );
  const fences: Fences = new Map();
  for (const { place, epoch, crashes, suspect } of rows) {
    const run = runs[place];
    if (run !== undefined) fences.set(run, { state: 'running', worker, epoch, crashes, suspect });
  }
  return fences;
}

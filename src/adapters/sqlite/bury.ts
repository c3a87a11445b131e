import type { RunId } from '../../job/run.ts';
import { burialOf, isCharged, stateAfterLetGo } from '../../job/transition.ts';
import type { Grave, WorkerId } from '../../ports/store-worker.ts';
import { type Casualty, crashFailure } from '../sql/burial.ts';
import type { Tx } from './connection.ts';
import { type End, endRun, endRuns } from './end.ts';
import { mailMeanwhile } from './let-go.ts';

/** Per grave the runs that were taken. */
export function bury(tx: Tx, graves: readonly Grave[]): RunId[][] {
  return graves.map((grave) => {
    if ('run' in grave) return endOver(tx, grave);
    const row = tx.db.get<{ beat: number }>('select beat from workers where id = ? and buried_at is null', grave.id);
    const isAsSeen = row !== undefined && (grave.seenBeat === null || grave.seenBeat === row.beat);
    return isAsSeen ? buryWorker(tx, grave.id, grave.counted) : [];
  });
}

/** Ends one run over its owner's head; the epoch fences that owner. What its owner has let go meanwhile is left alone. */
function endOver(tx: Tx, { run, epoch, code, message }: Extract<Grave, { run: RunId }>): RunId[] {
  const live = tx.db.get<{ mail: number }>(
    `update live set epoch = epoch + 1 where run = ? and epoch = ? and state = 'running' returning mail`,
    run,
    epoch,
  );
  if (live === undefined) return [];
  const { cancel } = mailMeanwhile(tx, { run, mail: live.mail });
  if (cancel && code !== 'RUN_CANCELLED') endRun(tx, cancel);
  else endRun(tx, { run, state: code === 'RUN_CANCELLED' ? 'cancelled' : 'failed', error: { code, message } });
  return [run];
}

/** Takes all runs from a worker that is gone, marks it buried, and answers the runs. `counted`: as a crash of each. */
export function buryWorker(tx: Tx, worker: WorkerId, counted: boolean): RunId[] {
  tx.db.run('update workers set buried_at = ? where id = ?', tx.now, worker);
  const held = tx.db.all<HeldRow>(
    'select run, node, mail, crashes, max_crashes, casualties, suspect from live where worker = ? order by run',
    worker,
  );
  // All are taken back before any ends: else a child that this worker held too would count as running.
  const ends: End[] = [];
  for (const row of held) {
    const isHit = counted && isCharged({ isSuspect: row.suspect === 1 }, held.length);
    const casualties = isHit ? [...listed(row.casualties), { node: row.node ?? '', worker }] : listed(row.casualties);
    takeBack(tx, row.run, {
      crashes: row.crashes + Number(isHit),
      casualties,
      isSuspect: counted || row.suspect === 1,
    });
    const meanwhile = mailMeanwhile(tx, row);
    const state = stateAfterLetGo(isHit ? burialOf(row.crashes, row.max_crashes) : 'queued', meanwhile);
    if (meanwhile.cancel) ends.push(meanwhile.cancel);
    else if (state === 'failed') ends.push({ run: row.run, state, error: crashFailure(casualties) });
  }
  endRuns(tx, ends);
  return held.map(({ run }) => run);
}

interface HeldRow {
  readonly run: string;
  readonly node: string | null;
  readonly mail: number;
  readonly crashes: number;
  readonly max_crashes: number;
  readonly casualties: string | null;
  readonly suspect: number;
}

function listed(casualties: string | null): Casualty[] {
  return casualties === null ? [] : (JSON.parse(casualties) as Casualty[]);
}

/** Back to the queue in its old place: `due_at` stays. The raised epoch makes the old owner's every word stale. */
function takeBack(
  tx: Tx,
  run: RunId,
  left: { readonly crashes: number; readonly casualties: readonly Casualty[]; readonly isSuspect: boolean },
): void {
  tx.db.run(
    `update live set state = 'queued', worker = null, epoch = epoch + 1, crashes = ?, casualties = ?, suspect = ?
     where run = ?`,
    left.crashes,
    left.casualties.length === 0 ? null : JSON.stringify(left.casualties),
    Number(left.isSuspect),
    run,
  );
}

import { type CalledBack, endsInCallback } from '../../../job/callbacks.ts';
import type { Failure } from '../../../job/failure.ts';
import type { JsonText, Progress, RunId, StoredResponse } from '../../../job/run.ts';
import type { FinalState } from '../../../job/state.ts';
import type { NewRun } from '../../../ports/store-submit.ts';
import { newId } from '../../../std/id.ts';
import { cancelFailure } from '../../sql/crash-record.ts';
import { callbackRun } from '../../sql/callback-run.ts';
import { jsonText } from '../../sql/run-row.ts';
import type { Tx } from '../file/connection.ts';
import { insertMany } from '../submit/insert-many.ts';
import { post } from '../mailbox/mailbox.ts';
import { submitOne } from '../submit/submit.ts';

/** How a live run ends. */
export interface End {
  readonly run: RunId;
  readonly state: FinalState;
  readonly output?: JsonText | null;
  readonly response?: StoredResponse | null;
  readonly error?: Failure | null;
  readonly progress?: Progress | null;
  /** No callback comes of it. */
  readonly isSilent?: boolean;
}

/**
 * Ends live runs, whoever asks: each gets its outcome and loses its live row, children that are not finished are
 * cancelled unless it succeeded (those that run get a mailbox item), its parent gets a mailbox item, and the run of its callback is
 * created, after all that: as a child of the run that ended it would be cancelled.
 */
export function endRuns(tx: Tx, ends: readonly End[]): void {
  const calls: NewRun[] = [];
  // Generation by generation instead of a recursion: chains of children may be deeper than the stack.
  for (let next = ends; next.length > 0;) {
    const ties = tiesOf(tx, next);
    calls.push(...callbackRuns(tx, next, ties));
    close(tx, next);
    for (const { run, mailbox_seq, parent } of ties) {
      if (mailbox_seq > 0) consumeCancels(tx, run);
      if (parent !== null) post(tx, parent, { kind: 'child', name: run, data: null, actor: null, reason: null });
    }
    next = next.filter(({ state }) => state !== 'succeeded').flatMap((end) => cancelChildren(tx, end));
  }
  for (const call of calls) submitOne(tx, call);
}

export function endRun(tx: Tx, end: End): void {
  endRuns(tx, [end]);
}

interface Ties {
  readonly run: RunId;
  readonly mailbox_seq: number;
  readonly parent: RunId | null;
  readonly callbacks: CalledBack | null;
}

/** Of those that have any: their parent, how many mailbox items they got, and which ends are called back. */
function tiesOf(tx: Tx, ends: readonly End[]): Ties[] {
  return tx.db.all(
    `select l.run, l.mailbox_seq, l.parent, l.callbacks from json_each(?) e cross join live l on l.run = e.value
     where l.mailbox_seq > 0 or l.parent is not null or l.callbacks is not null order by l.run`,
    idsOf(ends),
  );
}

function callbackRuns(tx: Tx, ends: readonly End[], ties: readonly Ties[]): NewRun[] {
  if (ties.every(({ callbacks }) => callbacks === null)) return [];
  const called = new Map(ties.map(({ run, callbacks }) => [run, callbacks ?? 'none']));
  return ends
    .filter(({ run, state, isSilent }) => !isSilent && endsInCallback(called.get(run) ?? 'none', state))
    .flatMap(({ run }) =>
      tx.db
        .all<CalledRow>(
          `select l.run id, l.job, l.queue, l.priority, l.epoch, coalesce(l.root, l.run) root,
             l.timeout_ms timeoutMs, l.max_crashes maxCrashes, r.trace_id traceId
           from live l join runs r on r.id = l.run where l.run = ?`,
          run,
        )
        .map((row) => callbackRun(row, newId())),
    );
}

type CalledRow = Parameters<typeof callbackRun>[0];

/** The outcome takes over what the live row says, which then goes. */
function close(tx: Tx, ends: readonly End[]): void {
  insertMany(
    tx.db,
    `insert into outcomes (run, state, output, response, error, progress, finished_at, attempt, crashes, epoch,
       generation, due_at, started_at, node)
     select run, column2, column3, column4, column5, coalesce(column6, progress), column7, attempt, crashes, epoch,
       generation, due_at, started_at, node from (`,
    ends.map(({ run, state, output = null, response, error, progress }) => [
      run,
      state,
      output,
      jsonText(response),
      jsonText(error),
      jsonText(progress),
      tx.now,
    ]),
    ') cross join live on run = column1',
  );
  tx.db.run('delete from live where run in (select value from json_each(?))', idsOf(ends));
}

/** A request to cancel that the run has outlived must not cancel its next life. */
function consumeCancels(tx: Tx, run: RunId): void {
  tx.db.run(`update mailbox set consumed_by = '' where run = ? and kind = 'cancel' and consumed_by is null`, run);
}

/** Sends a mailbox item to the children that run, and gives the ends of the others. */
function cancelChildren(tx: Tx, { run: parent, state }: End): End[] {
  const ends: End[] = [];
  const actor = `run ${parent}`;
  const reason = `its parent ${state === 'failed' ? 'failed' : 'was cancelled'}`;
  const children = tx.db.all<{ run: string; state: string }>(
    'select run, state from live where parent = ? order by run',
    parent,
  );
  for (const { run, state } of children) {
    if (state === 'running') post(tx, run, { kind: 'cancel', name: '', data: null, actor, reason });
    else ends.push({ run, state: 'cancelled', error: cancelFailure(actor, reason) });
  }
  return ends;
}

function idsOf(ends: readonly End[]): string {
  return JSON.stringify(ends.map(({ run }) => run));
}

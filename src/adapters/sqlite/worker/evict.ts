import type { RunId } from '../../../job/run.ts';
import { evictionOf, isCharged, stateAfterLetGo } from '../../../job/transition.ts';
import type { EvictTarget, WorkerId } from '../../../ports/store-worker.ts';
import { type CrashRecord, crashFailure } from '../../sql/crash-record.ts';
import type { Tx } from '../file/connection.ts';
import { type End, endRun, endRuns } from '../record/end.ts';
import { mailboxMeanwhile } from '../record/let-go.ts';

/** Per target the runs that were taken. */
export function evict(tx: Tx, targets: readonly EvictTarget[]): RunId[][] {
  return targets.map((target) => {
    if ('run' in target) return endOver(tx, target);
    const row = tx.db.get<{ heartbeat: number }>(
      'select heartbeat from workers where id = ? and evicted_at is null',
      target.id,
    );
    const isAsSeen = row !== undefined && (target.seenHeartbeat === null || target.seenHeartbeat === row.heartbeat);
    return isAsSeen ? evictWorker(tx, target.id, target.counted) : [];
  });
}

/** Ends one run over its owner's head; the epoch fences that owner. What its owner has let go meanwhile is left alone. */
function endOver(tx: Tx, { run, epoch, code, message }: Extract<EvictTarget, { run: RunId }>): RunId[] {
  const live = tx.db.get<{ mailbox_seq: number }>(
    `update live set epoch = epoch + 1 where run = ? and epoch = ? and state = 'running' returning mailbox_seq`,
    run,
    epoch,
  );
  if (live === undefined) return [];
  const { cancel } = mailboxMeanwhile(tx, { run, mailboxSeq: live.mailbox_seq });
  if (cancel && code !== 'RUN_CANCELLED') endRun(tx, cancel);
  else endRun(tx, { run, state: code === 'RUN_CANCELLED' ? 'cancelled' : 'failed', error: { code, message } });
  return [run];
}

/** Takes all runs from a worker that is gone, marks it evicted, and answers the runs. `counted`: as a crash of each. */
export function evictWorker(tx: Tx, worker: WorkerId, counted: boolean): RunId[] {
  tx.db.run('update workers set evicted_at = ? where id = ?', tx.now, worker);
  const held = tx.db.all<HeldRow>(
    'select run, node, mailbox_seq, crashes, max_crashes, crash_records, suspect from live where worker = ? order by run',
    worker,
  );
  // All are taken back before any ends: else a child that this worker held too would count as running.
  const ends: End[] = [];
  for (const row of held) {
    const isHit = counted && isCharged({ isSuspect: row.suspect === 1 }, held.length);
    const crashRecords = isHit
      ? [...listed(row.crash_records), { node: row.node ?? '', worker }]
      : listed(row.crash_records);
    takeBack(tx, row.run, {
      crashes: row.crashes + Number(isHit),
      crashRecords,
      isSuspect: counted || row.suspect === 1,
    });
    const meanwhile = mailboxMeanwhile(tx, { run: row.run, mailboxSeq: row.mailbox_seq });
    const state = stateAfterLetGo(isHit ? evictionOf(row.crashes, row.max_crashes) : 'queued', meanwhile);
    if (meanwhile.cancel) ends.push(meanwhile.cancel);
    else if (state === 'failed') ends.push({ run: row.run, state, error: crashFailure(crashRecords) });
  }
  endRuns(tx, ends);
  return held.map(({ run }) => run);
}

interface HeldRow {
  readonly run: string;
  readonly node: string | null;
  readonly mailbox_seq: number;
  readonly crashes: number;
  readonly max_crashes: number;
  readonly crash_records: string | null;
  readonly suspect: number;
}

function listed(crashRecords: string | null): CrashRecord[] {
  return crashRecords === null ? [] : (JSON.parse(crashRecords) as CrashRecord[]);
}

/** Back to the queue in its old place: `due_at` stays. The raised epoch makes the old owner's every word stale. */
function takeBack(
  tx: Tx,
  run: RunId,
  left: { readonly crashes: number; readonly crashRecords: readonly CrashRecord[]; readonly isSuspect: boolean },
): void {
  tx.db.run(
    `update live set state = 'queued', worker = null, epoch = epoch + 1, crashes = ?, crash_records = ?, suspect = ?
     where run = ?`,
    left.crashes,
    left.crashRecords.length === 0 ? null : JSON.stringify(left.crashRecords),
    Number(left.isSuspect),
    run,
  );
}

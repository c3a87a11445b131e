import type { RunId } from '../../../job/run.ts';
import type { FinalState } from '../../../job/state.ts';
import {
  type EndedRow,
  holds,
  letGoVerdict,
  type LiveRow,
  outcomeVerdict,
  stateAfterLetGo,
  type Verdict,
} from '../../../job/transition.ts';
import type { Entry, HandBackEntry, OutcomeEntry, SuspendEntry } from '../../../ports/store-entry.ts';
import type { WorkerId } from '../../../ports/store-worker.ts';
import { jsonText, listText } from '../../sql/run-row.ts';
import { wholeMs } from '../../sql/whole-ms.ts';
import type { Tx } from '../file/connection.ts';
import { type End, endRuns } from './end.ts';
import { type Fences, fencesOf } from './fence.ts';
import { mailboxMeanwhile, type Meanwhile } from './let-go.ts';
import { recordSteps } from './step.ts';

/**
 * Three rounds over one group: steps and tries in their order, then outcomes, then suspensions and hand-backs. So a
 * parent that suspends in the group in which its child ends is queued instead of parked for ever.
 */
export function record(tx: Tx, { worker, entries }: { worker: WorkerId; entries: readonly Entry[] }): Verdict[] {
  const fences = fencesOf(tx, worker, entries);
  const verdicts = new Map<Entry, Verdict>();
  recordSteps(tx, worker, entries, fences, verdicts);
  recordOutcomes(tx, worker, entries, fences, verdicts);
  letGo(tx, worker, entries, verdicts);
  return entries.map((entry) => verdicts.get(entry) ?? 'stale');
}

function recordOutcomes(
  tx: Tx,
  worker: WorkerId,
  entries: readonly Entry[],
  fences: Fences,
  verdicts: Map<Entry, Verdict>,
): void {
  const ends: OutcomeEntry[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'outcome') continue;
    const live = fences.get(entry.run);
    const ended = live === undefined ? endedOf(tx, entry.run) : undefined;
    const verdict = outcomeVerdict(live, ended, { worker, epoch: entry.epoch, state: entry.state });
    verdicts.set(entry, verdict);
    if (verdict !== 'ok' || live === undefined) continue;
    ends.push(entry);
    fences.delete(entry.run);
  }
  if (ends.length > 0) endRuns(tx, ends);
}

function endedOf(tx: Tx, run: RunId): EndedRow | undefined {
  return tx.db.get<{ state: FinalState; epoch: number }>('select state, epoch from outcomes where run = ?', run);
}

/**
 * Lets go of all runs before one of them ends: otherwise a child that is let go in the same group would count as
 * running.
 */
function letGo(tx: Tx, worker: WorkerId, entries: readonly Entry[], verdicts: Map<Entry, Verdict>): void {
  const cancelled: End[] = [];
  const freed: LettingGo[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'suspend' && entry.kind !== 'handBack') continue;
    const by = { worker, epoch: entry.epoch };
    const live = liveOf(tx, entry.run);
    if (!holds(live, by)) {
      verdicts.set(entry, letGoVerdict(live, endedOf(tx, entry.run), { ...by, isCancelled: false }));
      continue;
    }
    const meanwhile = mailboxMeanwhile(
      tx,
      { run: entry.run, mailboxSeq: live.mailboxSeq },
      'mailboxSeq' in entry ? entry.mailboxSeq : undefined,
    );
    if (entry.kind === 'suspend') park(tx, entry, meanwhile);
    else handBack(tx, entry);
    if (meanwhile.cancel) cancelled.push(meanwhile.cancel);
    freed.push(entry);
  }
  if (cancelled.length > 0) endRuns(tx, cancelled);
  // Some that nobody had asked to cancel ended with their parents.
  for (const entry of freed) verdicts.set(entry, cancelled.length > 0 && !liveOf(tx, entry.run) ? 'cancelled' : 'ok');
}

type LettingGo = SuspendEntry | HandBackEntry;

/** Reads the row again: an outcome of this group may have put a mailbox item into the run's box. */
function liveOf(tx: Tx, run: RunId): LiveRow | undefined {
  return tx.db.get<LiveRow>('select state, worker, epoch, mailbox_seq as mailboxSeq from live where run = ?', run);
}

function park(tx: Tx, entry: SuspendEntry, meanwhile: Meanwhile): void {
  // One that is asked to end does so right after this.
  const isParked = stateAfterLetGo('waiting', { ...meanwhile, isCancelled: false }) === 'waiting';
  const wakesAt = entry.wakeInMs === null ? null : tx.now + wholeMs(entry.wakeInMs);
  tx.db.run(
    `update live set state = ?2, worker = null, due_at = ?3, waiting_for = ?4, crashes = 0, crash_records = null,
       suspect = 0
     where run = ?1`,
    entry.run,
    isParked ? 'waiting' : 'queued',
    isParked ? wakesAt : tx.now,
    isParked ? listText(entry.waitingFor) : null,
  );
}

function handBack(tx: Tx, entry: HandBackEntry): void {
  tx.db.run(
    `update live set state = 'queued', worker = null, due_at = case when ?2 = 0 then due_at else ?3 end, error = ?4,
       crashes = case when ?5 > attempt then 0 else crashes end,
       crash_records = case when ?5 > attempt then null else crash_records end,
       suspect = case when ?5 > attempt then 0 else suspect end, attempt = coalesce(?5, attempt)
     where run = ?1`,
    entry.run,
    entry.delayMs,
    tx.now + wholeMs(entry.delayMs),
    jsonText(entry.error),
    entry.attempt,
  );
}

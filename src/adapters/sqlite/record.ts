import type { RunId } from '../../job/run.ts';
import type { FinalState } from '../../job/state.ts';
import {
  type EndedRow,
  handBackVerdict,
  holds,
  type LiveRow,
  outcomeVerdict,
  suspendVerdict,
  type Verdict,
} from '../../job/transition.ts';
import type { Entry, HandBackEntry, OutcomeEntry, SuspendEntry } from '../../ports/store-entry.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { jsonText, listText } from '../sql/run-row.ts';
import type { Tx } from './connection.ts';
import { endRuns } from './end.ts';
import { type Fences, fencesOf } from './fence.ts';
import { recordSteps } from './step.ts';

/**
 * Three rounds over one group: steps and tries in their order, then outcomes, then suspensions and hand-backs. So a
 * parent that suspends in the group in which its child ends is `woken` instead of parked for ever.
 */
export function record(tx: Tx, { worker, entries }: { worker: WorkerId; entries: readonly Entry[] }): Verdict[] {
  const fences = fencesOf(tx, worker, entries);
  const verdicts = new Map<Entry, Verdict>();
  recordSteps(tx, worker, entries, fences, verdicts);
  recordOutcomes(tx, worker, entries, fences, verdicts);
  for (const entry of entries) {
    if (entry.kind === 'suspend') verdicts.set(entry, recordSuspend(tx, worker, entry));
    if (entry.kind === 'handBack') verdicts.set(entry, recordHandBack(tx, worker, entry));
  }
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

/** Reads the row again: an outcome of this group may have put a letter into the run's box. */
function liveOf(tx: Tx, run: RunId): LiveRow | undefined {
  return tx.db.get<LiveRow>('select state, worker, epoch, mail from live where run = ?', run);
}

function recordSuspend(tx: Tx, worker: WorkerId, entry: SuspendEntry): Verdict {
  const live = liveOf(tx, entry.run);
  const by = { worker, epoch: entry.epoch, mail: entry.mail };
  const verdict = suspendVerdict(live, by);
  if (verdict !== 'ok' || !holds(live, by)) return verdict;
  tx.db.run(
    `update live set state = 'waiting', worker = null, due_at = ?2, waiting_for = ?3, crashes = 0, casualties = null
     where run = ?1`,
    entry.run,
    entry.wakeInMs === null ? null : tx.now + entry.wakeInMs,
    listText(entry.waitingFor),
  );
  return 'ok';
}

function recordHandBack(tx: Tx, worker: WorkerId, entry: HandBackEntry): Verdict {
  const live = liveOf(tx, entry.run);
  const by = { worker, epoch: entry.epoch };
  const verdict = handBackVerdict(live, by);
  if (verdict !== 'ok' || !holds(live, by)) return verdict;
  tx.db.run(
    `update live set state = 'queued', worker = null, due_at = case when ?2 = 0 then due_at else ?3 end, error = ?4,
       crashes = case when ?5 > attempt then 0 else crashes end,
       casualties = case when ?5 > attempt then null else casualties end, attempt = coalesce(?5, attempt)
     where run = ?1`,
    entry.run,
    entry.delayMs,
    tx.now + entry.delayMs,
    jsonText(entry.error),
    entry.attempt,
  );
  return 'ok';
}

import type { RunId } from '../../job/run.ts';
import type { FinalState, LiveState } from '../../job/state.ts';
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
import { endRun } from './end.ts';
import { recordStep, recordTry, reserveOrder } from './step.ts';

/**
 * Three rounds over one group: steps and tries in their order, then outcomes, then suspensions and hand-backs. So a
 * parent that suspends in the group in which its child ends is `woken` instead of parked for ever.
 */
export function record(tx: Tx, { worker, entries }: { worker: WorkerId; entries: readonly Entry[] }): Verdict[] {
  const verdicts: Verdict[] = Array.from({ length: entries.length });
  const order = reserveOrder(tx, entries.filter(({ kind }) => kind === 'step').length);
  const rounds: readonly Entry['kind'][][] = [['step', 'try'], ['outcome'], ['suspend', 'handBack']];
  for (const kinds of rounds) {
    for (const [i, entry] of entries.entries()) {
      if (kinds.includes(entry.kind)) verdicts[i] = recordOne(tx, worker, entry, order);
    }
  }
  return verdicts;
}

function recordOne(tx: Tx, worker: WorkerId, entry: Entry, order: () => number): Verdict {
  const live = liveOf(tx, entry.run);
  const by = { worker, epoch: entry.epoch };
  switch (entry.kind) {
    case 'step':
      return holds(live, by) ? recordStep(tx, entry, live?.crashes ?? 0, order) : 'stale';
    case 'try':
      return holds(live, by) ? recordTry(tx, entry, live?.crashes ?? 0) : 'stale';
    case 'outcome':
      return recordOutcome(tx, entry, live, worker);
    case 'suspend':
      return recordSuspend(tx, entry, live, worker);
    case 'handBack':
      return recordHandBack(tx, entry, live, worker);
  }
}

/** The fence's row, and how often the run crashed in a row. */
interface FenceRow extends LiveRow {
  readonly state: LiveState;
  readonly crashes: number;
}

function liveOf(tx: Tx, run: RunId): FenceRow | undefined {
  return tx.db.get<FenceRow>('select state, worker, epoch, mail, crashes from live where run = ?', run);
}

function recordOutcome(tx: Tx, entry: OutcomeEntry, live: LiveRow | undefined, worker: WorkerId): Verdict {
  const by = { worker, epoch: entry.epoch, state: entry.state };
  const ended = live === undefined ? endedOf(tx, entry.run) : undefined;
  const verdict = outcomeVerdict(live, ended, by);
  if (verdict === 'ok' && live !== undefined) endRun(tx, entry.run, entry);
  return verdict;
}

function endedOf(tx: Tx, run: RunId): EndedRow | undefined {
  return tx.db.get<{ state: FinalState; epoch: number }>(
    'select state, epoch from runs where id = ? and state is not null',
    run,
  );
}

function recordSuspend(tx: Tx, entry: SuspendEntry, live: LiveRow | undefined, worker: WorkerId): Verdict {
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

function recordHandBack(tx: Tx, entry: HandBackEntry, live: LiveRow | undefined, worker: WorkerId): Verdict {
  const by = { worker, epoch: entry.epoch };
  const verdict = handBackVerdict(live, by);
  if (verdict !== 'ok' || !holds(live, by)) return verdict;
  tx.db.run(
    `update live set state = 'queued', worker = null, due_at = case when ?2 = 0 then due_at else ?3 end, error = ?4,
       crashes = case when ?5 > attempt then 0 else crashes end,
       casualties = case when ?5 > attempt then null else casualties end, attempt = ?5
     where run = ?1`,
    entry.run,
    entry.delayMs,
    tx.now + entry.delayMs,
    jsonText(entry.error),
    entry.attempt,
  );
  return 'ok';
}

import type { RunId } from '../../../job/run.ts';
import { holds, isLateTry, type StepRow, stepVerdict, type Verdict } from '../../../job/transition.ts';
import type { Entry, StepEntry, TryEntry } from '../../../ports/store-entry.ts';
import type { WorkerId } from '../../../ports/store-worker.ts';
import { jsonText } from '../../sql/run-row.ts';
import { wholeMs } from '../../sql/whole-ms.ts';
import type { Tx } from '../file/connection.ts';
import { isConstraint } from '../file/errors.ts';
import type { Fences } from './fence.ts';
import { insertMany } from '../submit/insert-many.ts';
import { retryEnded } from './revive.ts';
import { submitOne } from '../submit/submit.ts';

/** Records the steps and tries of a group in their order; finished steps in a row are inserted together. */
export function recordSteps(
  tx: Tx,
  worker: WorkerId,
  entries: readonly Entry[],
  fences: Fences,
  verdicts: Map<Entry, Verdict>,
): void {
  const order = reserveOrder(tx, entries.filter(({ kind }) => kind === 'step').length);
  let row: StepEntry[] = [];
  const recordRow = () => {
    for (const [entry, verdict] of recordFinished(tx, row, fences, order)) verdicts.set(entry, verdict);
    row = [];
  };
  for (const entry of entries) {
    if (entry.kind !== 'step' && entry.kind !== 'try') continue;
    const fence = fences.get(entry.run);
    if (!holds(fence, { worker, epoch: entry.epoch })) {
      verdicts.set(entry, 'stale');
    } else if (entry.kind === 'step') {
      row.push(entry);
    } else {
      recordRow();
      verdicts.set(entry, recordTry(tx, entry, fences));
    }
  }
  recordRow();
}

/**
 * Numbers for the steps of one group, in the order of recording. One counter for the whole store, raised once a group:
 * a counter per run would cost a write of its live row with each step.
 */
function reserveOrder(tx: Tx, count: number): () => number {
  if (count === 0) return () => 0;
  const row = tx.db.get<{ value: number }>(
    `update counters set value = value + ? where name = 'step' returning value`,
    count,
  );
  let next = (row?.value ?? count) - count;
  return () => ++next;
}

/** Records steps of runs that the claimant holds. */
function recordFinished(
  tx: Tx,
  entries: readonly StepEntry[],
  fences: Fences,
  order: () => number,
): Map<StepEntry, Verdict> {
  const numbered = entries.map((entry) => ({ entry, n: order() }));
  const verdicts = new Map<StepEntry, Verdict>();
  if (insertTogether(tx, numbered)) {
    for (const entry of entries) verdicts.set(entry, 'ok');
  } else {
    for (const { entry, n } of numbered) verdicts.set(entry, recordStep(tx, entry, n));
  }
  for (const entry of entries) {
    if (verdicts.get(entry) === 'ok') afterStep(tx, entry, fences);
  }
  return verdicts;
}

interface Numbered {
  readonly entry: StepEntry;
  readonly n: number;
}

/** False, and nothing is inserted, when one of them has been begun or recorded already. */
function insertTogether(tx: Tx, entries: readonly Numbered[]): boolean {
  if (entries.length < 2) return false;
  tx.db.run('savepoint steps');
  try {
    insertMany(tx.db, insertStep, entries.map(stepRow));
    return true;
  } catch (error) {
    if (!isConstraint(error)) throw error;
    tx.db.run('rollback to steps');
    return false;
  } finally {
    tx.db.run('release steps');
  }
}

const insertStep = `insert into steps (run, key, n, kind, state, epoch, tries, first_seq, output, error, started_at,
  finished_at)`;

function stepRow({ entry, n }: Numbered) {
  return [
    entry.run,
    entry.key,
    n,
    entry.type,
    entry.state,
    entry.epoch,
    entry.tries,
    entry.firstSeq,
    entry.output,
    jsonText(entry.error),
    entry.startedAt,
    entry.finishedAt,
  ];
}

function recordStep(tx: Tx, entry: StepEntry, n: number): Verdict {
  const recorded = tx.db.get<StepRow>(
    'select state, epoch, output from steps where run = ? and key = ?',
    entry.run,
    entry.key,
  );
  const verdict = stepVerdict(recorded, entry);
  if (verdict !== 'ok') return verdict;
  if (recorded === undefined) insertMany(tx.db, insertStep, [stepRow({ entry, n })]);
  else if (recorded.state === 'running') finishStep(tx, entry, n);
  return 'ok';
}

/** `resume_at` and `child` of a begun step stay: they tell what it was. */
function finishStep(tx: Tx, entry: StepEntry, n: number): void {
  tx.db.run(
    `update steps set n = ?, kind = ?, state = ?, epoch = ?, tries = ?, first_seq = ?, output = ?, error = ?,
       started_at = ?, finished_at = ? where run = ? and key = ?`,
    n,
    entry.type,
    entry.state,
    entry.epoch,
    entry.tries,
    entry.firstSeq,
    entry.output,
    jsonText(entry.error),
    entry.startedAt,
    entry.finishedAt,
    entry.run,
    entry.key,
  );
}

function afterStep(tx: Tx, entry: StepEntry, fences: Fences): void {
  if (entry.consumes !== null) {
    tx.db.run('update mailbox set consumed_by = ? where run = ? and n = ?', entry.key, entry.run, entry.consumes);
  }
  resetCrashes(tx, entry.run, fences);
}

/** A begun step, and the child run that is created with it. On a finished step it is `ok` and changes nothing. */
function recordTry(tx: Tx, entry: TryEntry, fences: Fences): Verdict {
  const begun = tx.db.get<BegunRow>(
    'select state, epoch, tries, output, error, started_at, resume_at, child from steps where run = ? and key = ?',
    entry.run,
    entry.key,
  );
  if (begun !== undefined && (begun.state !== 'running' || isLateTry(begun, entry))) return 'ok';
  if (entry.child !== null) submitOne(tx, entry.child);
  if (entry.retriesChild && begun?.child && begun.tries < entry.tries) retryEnded(tx, begun.child);
  if (begun !== undefined && isRepeat(tx, begun, entry)) return 'ok';
  tx.db.run(
    `insert into steps (run, key, n, kind, state, epoch, tries, first_seq, output, error, resume_at, child, started_at)
     values (?, ?, 0, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (run, key) do update set kind = excluded.kind, epoch = excluded.epoch, tries = excluded.tries,
       first_seq = excluded.first_seq, output = excluded.output, error = excluded.error, resume_at = excluded.resume_at,
       child = coalesce(excluded.child, child), started_at = excluded.started_at`,
    entry.run,
    entry.key,
    entry.type,
    entry.epoch,
    entry.tries,
    entry.firstSeq,
    entry.output,
    jsonText(entry.error),
    entry.resumeInMs === null ? entry.resumeAt : tx.now + wholeMs(entry.resumeInMs),
    entry.child?.id ?? null,
    entry.startedAt,
  );
  resetCrashes(tx, entry.run, fences);
  return 'ok';
}

interface BegunRow {
  readonly state: string;
  readonly epoch: number;
  readonly tries: number;
  readonly output: string | null;
  readonly error: string | null;
  readonly started_at: number;
  readonly resume_at: number | null;
  readonly child: RunId | null;
}

/** A try that is sent again, after a lost answer, must not push back the instant at which it goes on. */
function isRepeat(tx: Tx, begun: BegunRow, entry: TryEntry): boolean {
  return (
    entry.resumeInMs !== null &&
    begun.tries === entry.tries &&
    begun.output === entry.output &&
    begun.error === jsonText(entry.error) &&
    begun.started_at === entry.startedAt &&
    begun.resume_at !== null &&
    begun.resume_at > tx.now
  );
}

/** A recorded step or try is progress (protocol/liveness#crashes). */
function resetCrashes(tx: Tx, run: RunId, fences: Fences): void {
  const fence = fences.get(run);
  if (fence === undefined || (fence.crashes === 0 && fence.suspect === 0)) return;
  tx.db.run('update live set crashes = 0, crash_records = null, suspect = 0 where run = ?', run);
  fences.set(run, { ...fence, crashes: 0, suspect: 0 });
}

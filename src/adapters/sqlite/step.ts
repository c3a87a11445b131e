import { type StepRow, stepVerdict, type Verdict } from '../../job/transition.ts';
import type { RunId } from '../../job/run.ts';
import type { StepEntry, TryEntry } from '../../ports/store-entry.ts';
import { jsonText } from '../sql/run-row.ts';
import type { Tx } from './connection.ts';
import { submitOne } from './submit.ts';

/**
 * Numbers for the steps of one group, in the order of recording. One counter for the whole store, raised once a group:
 * a counter per run would cost a write of its live row with each step.
 */
export function reserveOrder(tx: Tx, count: number): () => number {
  if (count === 0) return () => 0;
  const row = tx.db.get<{ value: number }>(
    `update counters set value = value + ? where name = 'step' returning value`,
    count,
  );
  let next = (row?.value ?? count) - count;
  return () => ++next;
}

/** For a claimant that holds the run. */
export function recordStep(tx: Tx, entry: StepEntry, crashes: number, order: () => number): Verdict {
  if (insertStep(tx, entry, order) === 0) {
    const recorded = tx.db.get<StepRow>(
      'select state, epoch, output from steps where run = ? and key = ?',
      entry.run,
      entry.key,
    );
    const verdict = stepVerdict(recorded, entry);
    if (verdict !== 'ok') return verdict;
    if (recorded?.state === 'running') finishStep(tx, entry, order);
  }
  if (entry.consumes !== null) {
    tx.db.run('update letters set consumed_by = ? where run = ? and n = ?', entry.key, entry.run, entry.consumes);
  }
  if (crashes > 0) resetCrashes(tx, entry.run);
  return 'ok';
}

function insertStep(tx: Tx, entry: StepEntry, order: () => number): number {
  return tx.db.run(
    `insert into steps (run, key, n, kind, state, epoch, tries, asked, output, error, started_at, finished_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (run, key) do nothing`,
    entry.run,
    entry.key,
    order(),
    entry.type,
    entry.state,
    entry.epoch,
    entry.tries,
    entry.asked,
    entry.output,
    jsonText(entry.error),
    entry.startedAt,
    entry.finishedAt,
  );
}

/** `resume_at` and `child` of a begun step stay: they tell what it was. */
function finishStep(tx: Tx, entry: StepEntry, order: () => number): void {
  tx.db.run(
    `update steps set n = ?, kind = ?, state = ?, epoch = ?, tries = ?, asked = ?, output = ?, error = ?,
       started_at = ?, finished_at = ? where run = ? and key = ?`,
    order(),
    entry.type,
    entry.state,
    entry.epoch,
    entry.tries,
    entry.asked,
    entry.output,
    jsonText(entry.error),
    entry.startedAt,
    entry.finishedAt,
    entry.run,
    entry.key,
  );
}

/** A begun step, and the child run that is created with it. On a finished step it is `ok` and changes nothing. */
export function recordTry(tx: Tx, entry: TryEntry, crashes: number): Verdict {
  const begun = tx.db.get<BegunRow>(
    'select state, tries, output, error, started_at, resume_at from steps where run = ? and key = ?',
    entry.run,
    entry.key,
  );
  if (begun !== undefined && begun.state !== 'running') return 'ok';
  if (entry.child !== null) submitOne(tx, entry.child);
  if (begun !== undefined && isRepeat(tx, begun, entry)) return 'ok';
  tx.db.run(
    `insert into steps (run, key, n, kind, state, epoch, tries, asked, output, error, resume_at, child, started_at)
     values (?, ?, 0, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (run, key) do update set kind = excluded.kind, epoch = excluded.epoch, tries = excluded.tries,
       asked = excluded.asked, output = excluded.output, error = excluded.error, resume_at = excluded.resume_at,
       child = coalesce(excluded.child, child), started_at = excluded.started_at`,
    entry.run,
    entry.key,
    entry.type,
    entry.epoch,
    entry.tries,
    entry.asked,
    entry.output,
    jsonText(entry.error),
    entry.resumeInMs === null ? entry.resumeAt : tx.now + entry.resumeInMs,
    entry.child?.id ?? null,
    entry.startedAt,
  );
  if (crashes > 0) resetCrashes(tx, entry.run);
  return 'ok';
}

interface BegunRow {
  readonly state: string;
  readonly tries: number;
  readonly output: string | null;
  readonly error: string | null;
  readonly started_at: number;
  readonly resume_at: number | null;
}

/** The same try again, after a lost answer, must not push back the instant at which it goes on. */
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

/** A recorded step or try is progress (STORE §3.6). */
function resetCrashes(tx: Tx, run: RunId): void {
  tx.db.run('update live set crashes = 0, casualties = null where run = ?', run);
}

import type { RunState } from '../../../job/state.ts';
import type { NewRun, Submitted } from '../../../ports/store-submit.ts';
import { callbacksText, jsonText, listText } from '../../sql/run-row.ts';
import { wholeMs } from '../../sql/whole-ms.ts';
import type { Tx } from '../file/connection.ts';
import type { SqlValue } from '../file/driver.ts';
import { isConstraint } from '../file/errors.ts';
import { insertMany } from './insert-many.ts';
import { stateOf } from '../read/read.ts';

/** The state of a run that was created, or what there is instead: it travels with every run. */
export type SubmitResult = RunState | Submitted;

/**
 * Creates the runs that are new; of two with one key the first. All that look new are inserted together; when one of
 * them is there already (a repeated submit) that is undone and all are looked at one by one.
 */
export function submit(tx: Tx, runs: readonly NewRun[]): SubmitResult[] {
  const holders = holdersOf(tx, runs);
  const created = createTogether(tx, unclaimed(tx, runs), holders);
  return runs.map((run) => (created.has(run) ? newborn(run, holders) : submitOne(tx, run)));
}

/** One run, which may be there: the child of a step, an occurrence. */
export function submitOne(tx: Tx, run: NewRun): SubmitResult {
  const owner = run.key === null ? undefined : ownerOf(tx, run.key);
  if (owner !== undefined && owner.run !== run.id) {
    const same = owner.job === run.job && owner.digest === run.digest;
    const state = stateOf(tx, owner.run);
    return { verdict: same ? 'existing' : 'conflict', run: { id: owner.run, key: run.key, job: owner.job, state } };
  }
  if (tx.db.get('select 1 from runs where id = ?', run.id) !== undefined) return stateOf(tx, run.id);
  const holders = holdersOf(tx, [run]);
  create(tx, [run], holders);
  return newborn(run, holders);
}

/** Of each holder that is registered and not evicted; without it a run is queued. */
type Holders = ReadonlyMap<string | null, Living>;

interface Living {
  readonly node: string;
  /** Its claims up to this number take nothing any more. */
  readonly closed: number;
  /** The last claim that took something. */
  readonly claimed: number;
}

function holdersOf(tx: Tx, runs: readonly NewRun[]): Holders {
  const holders = new Map<string | null, Living>();
  for (const holder of new Set(runs.map((run) => run.holder))) {
    const living = holder === null ? undefined : livingWorker(tx, holder);
    if (living !== undefined) holders.set(holder, living);
  }
  return holders;
}

/** A worker that is registered and not evicted. */
export function livingWorker(tx: Tx, worker: string): Living | undefined {
  return tx.db.get<Living>('select node, closed, claimed from workers where id = ? and evicted_at is null', worker);
}

/** The worker that holds the run from its creation on, if it lives. */
function keeperOf({ holder, claim }: NewRun, holders: Holders): Living | undefined {
  const living = holders.get(holder);
  return living !== undefined && claim > living.closed ? living : undefined;
}

/** Runs whose key nobody has, nor a run before them. */
function unclaimed(tx: Tx, runs: readonly NewRun[]): NewRun[] {
  const seen = new Set<string>();
  return runs.filter(({ key }) => {
    if (key === null) return true;
    if (seen.has(key)) return false;
    seen.add(key);
    return ownerOf(tx, key) === undefined;
  });
}

function ownerOf(tx: Tx, key: string): { run: string; job: string; digest: string | null } | undefined {
  return tx.db.get('select run, job, digest from keys where key = ?', key);
}

function createTogether(tx: Tx, runs: readonly NewRun[], holders: Holders): ReadonlySet<NewRun> {
  tx.db.run('savepoint submit');
  try {
    create(tx, runs, holders);
    return new Set(runs);
  } catch (error) {
    if (!isConstraint(error)) throw error;
    tx.db.run('rollback to submit');
    return new Set();
  } finally {
    tx.db.run('release submit');
  }
}

function create(tx: Tx, runs: readonly NewRun[], holders: Holders): void {
  const keyed = runs.filter(({ key }) => key !== null);
  insertMany(
    tx.db,
    'insert into keys (key, run, job, digest)',
    keyed.map((run) => [run.key, run.id, run.job, run.digest]),
  );
  insertMany(
    tx.db,
    `insert into runs (id, key, job, queue, trigger, priority, input, digest, args, request, timeout_ms, deadline_ms,
       max_crashes, callbacks, trace_id, parent, root, schedule, scheduled_at, created_at)`,
    runs.map((run) => runRow(tx, run)),
  );
  insertMany(
    tx.db,
    `insert into live (run, job, queue, priority, due_at, state, worker, claim, node, epoch, max_crashes, root, parent,
       schedule, timeout_ms, deadline_at, callbacks, started_at, claimed_at)`,
    runs.map((run) => liveRow(tx, run, holders)),
  );
}

function runRow(tx: Tx, run: NewRun): SqlValue[] {
  return [
    run.id,
    run.key,
    run.job,
    run.queue,
    run.trigger,
    run.priority,
    run.input,
    run.digest,
    listText(run.args),
    jsonText(run.request),
    run.timeoutMs,
    run.deadlineMs,
    run.maxCrashes,
    callbacksText(run.callbacks),
    run.traceId,
    run.parent,
    rootOf(run),
    run.schedule,
    run.scheduledAt,
    tx.now,
  ];
}

function liveRow(tx: Tx, run: NewRun, holders: Holders): SqlValue[] {
  const keeper = keeperOf(run, holders);
  const held = keeper !== undefined;
  const dueAt = run.dueAt ?? tx.now + wholeMs(run.delayMs);
  return [
    run.id,
    run.job,
    run.queue,
    run.priority,
    dueAt,
    held ? 'running' : 'queued',
    held ? run.holder : null,
    held ? run.claim : null,
    keeper?.node ?? null,
    held ? 1 : 0,
    run.maxCrashes,
    rootOf(run),
    run.parent,
    run.schedule,
    run.timeoutMs,
    run.deadlineMs === null ? null : dueAt + run.deadlineMs,
    callbacksText(run.callbacks),
    held ? tx.now : null,
    held ? tx.now : null,
  ];
}

/** The root, or null where the run is its own root, as most are: that saves room in two tables. */
function rootOf(run: NewRun): string | null {
  return run.root === run.id ? null : run.root;
}

function newborn(run: NewRun, holders: Holders): SubmitResult {
  return keeperOf(run, holders) === undefined ? 'queued' : 'running';
}

import type { RunState } from '../../job/state.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import { callbacksText, jsonText, listText } from '../sql/run-row.ts';
import type { Tx } from './connection.ts';
import type { SqlValue } from './driver.ts';
import { isConstraint } from './errors.ts';
import { insertMany } from './insert-many.ts';
import { stateOf } from './read.ts';

/** The state of a run that was created, or what there is instead: it travels with every run. */
export type Birth = RunState | Submitted;

/**
 * Creates the runs that are new; of two with one key the first. All that look new are inserted together; when one of
 * them is there already (a repeated submit) that is undone and all are looked at one by one.
 */
export function submit(tx: Tx, runs: readonly NewRun[]): Birth[] {
  const nodes = nodesOf(tx, runs);
  const created = createTogether(tx, unclaimed(tx, runs), nodes);
  return runs.map((run) => (created.has(run) ? newborn(run, nodes) : submitOne(tx, run)));
}

/** One run, which may be there: the child of a step, an occurrence. */
export function submitOne(tx: Tx, run: NewRun): Birth {
  const owner = run.key === null ? undefined : ownerOf(tx, run.key);
  if (owner !== undefined && owner.run !== run.id) {
    const same = owner.job === run.job && owner.digest === run.digest;
    const state = stateOf(tx, owner.run);
    return { verdict: same ? 'existing' : 'conflict', run: { id: owner.run, key: run.key, job: owner.job, state } };
  }
  if (tx.db.get('select 1 from runs where id = ?', run.id) !== undefined) return stateOf(tx, run.id);
  const nodes = nodesOf(tx, [run]);
  create(tx, [run], nodes);
  return newborn(run, nodes);
}

/** Label of each holder that is enrolled and not buried; without it a run is queued. */
type Nodes = ReadonlyMap<string | null, string>;

function nodesOf(tx: Tx, runs: readonly NewRun[]): Nodes {
  const nodes = new Map<string | null, string>();
  for (const holder of new Set(runs.map((run) => run.holder))) {
    const node = holder === null ? undefined : nodeOf(tx, holder);
    if (node !== undefined) nodes.set(holder, node);
  }
  return nodes;
}

/** The label of a worker that is enrolled and not buried. */
export function nodeOf(tx: Tx, worker: string): string | undefined {
  return tx.db.get<{ node: string }>('select node from workers where id = ? and buried_at is null', worker)?.node;
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

function createTogether(tx: Tx, runs: readonly NewRun[], nodes: Nodes): ReadonlySet<NewRun> {
  tx.db.run('savepoint submit');
  try {
    create(tx, runs, nodes);
    return new Set(runs);
  } catch (error) {
    if (!isConstraint(error)) throw error;
    tx.db.run('rollback to submit');
    return new Set();
  } finally {
    tx.db.run('release submit');
  }
}

function create(tx: Tx, runs: readonly NewRun[], nodes: Nodes): void {
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
    `insert into live (run, job, queue, priority, due_at, state, worker, node, epoch, max_crashes, root, parent,
       schedule, timeout_ms, deadline_at, callbacks, started_at, claimed_at)`,
    runs.map((run) => liveRow(tx, run, nodes)),
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

function liveRow(tx: Tx, run: NewRun, nodes: Nodes): SqlValue[] {
  const node = nodes.get(run.holder);
  const held = node !== undefined;
  const dueAt = run.dueAt ?? tx.now + run.delayMs;
  return [
    run.id,
    run.job,
    run.queue,
    run.priority,
    dueAt,
    held ? 'running' : 'queued',
    held ? run.holder : null,
    node ?? null,
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

/** Most runs are their own root; null spares the room, twice. */
function rootOf(run: NewRun): string | null {
  return run.root === run.id ? null : run.root;
}

function newborn({ holder }: NewRun, nodes: Nodes): Birth {
  return nodes.has(holder) ? 'running' : 'queued';
}

import type { RunState } from '../../job/state.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import { jsonText, listText } from '../sql/run-row.ts';
import type { Tx } from './connection.ts';

/** Creates the runs that are new. In the given order: of two with one key the first is created. */
export function submit(tx: Tx, runs: readonly NewRun[]): Submitted[] {
  return runs.map((run) => submitOne(tx, run));
}

export function submitOne(tx: Tx, run: NewRun): Submitted {
  const owner = run.key === null ? undefined : ownerOf(tx, run.key);
  if (owner !== undefined && owner.run !== run.id) {
    const same = owner.job === run.job && owner.digest === run.digest;
    return answer(tx, same ? 'existing' : 'conflict', { ...owner, id: owner.run, key: run.key });
  }
  const dueAt = run.dueAt ?? tx.now + run.delayMs;
  if (insertRun(tx, run, dueAt) === 0) return answer(tx, 'created', run);
  if (run.key !== null) tx.db.run(insertKey, run.key, run.id, run.job, run.digest);
  const state = insertLive(tx, run, dueAt);
  return { verdict: 'created', run: { id: run.id, key: run.key, job: run.job, state } };
}

function ownerOf(tx: Tx, key: string): { run: string; job: string; digest: string | null } | undefined {
  return tx.db.get('select run, job, digest from keys where key = ?', key);
}

const insertKey = 'insert into keys (key, run, job, digest) values (?, ?, ?, ?)';

function answer(
  tx: Tx,
  verdict: Submitted['verdict'],
  run: { id: string; key: string | null; job: string },
): Submitted {
  const row = tx.db.get<{ state: RunState }>(
    'select coalesce(l.state, r.state) state from runs r left join live l on l.run = r.id where r.id = ?',
    run.id,
  );
  return { verdict, run: { id: run.id, key: run.key, job: run.job, state: row?.state ?? 'queued' } };
}

function insertRun(tx: Tx, run: NewRun, dueAt: number): number {
  return tx.db.run(
    `insert into runs (id, key, job, queue, trigger, priority, input, digest, args, request, timeout_ms, deadline_ms,
       max_crashes, trace_id, parent, root, schedule, scheduled_at, created_at, due_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
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
    run.traceId,
    run.parent,
    run.root === run.id ? null : run.root,
    run.schedule,
    run.scheduledAt,
    tx.now,
    dueAt,
  );
}

function insertLive(tx: Tx, run: NewRun, dueAt: number): 'queued' | 'running' {
  const node = run.holder === null ? undefined : nodeOf(tx, run.holder);
  const held = node !== undefined;
  tx.db.run(
    `insert into live (run, job, queue, priority, due_at, state, worker, node, epoch, max_crashes, root, parent,
       schedule, timeout_ms, deadline_at, started_at, claimed_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    run.root === run.id ? null : run.root,
    run.parent,
    run.schedule,
    run.timeoutMs,
    run.deadlineMs === null ? null : dueAt + run.deadlineMs,
    held ? tx.now : null,
    held ? tx.now : null,
  );
  return held ? 'running' : 'queued';
}

/** The label of a worker that is enrolled and not buried. */
export function nodeOf(tx: Tx, worker: string): string | undefined {
  return tx.db.get<{ node: string }>('select node from workers where id = ? and buried_at is null', worker)?.node;
}

import type { VtaskRow } from '../../adapters/vtask/index.ts';
import { ownIdentity } from '../../engine/host/identity.ts';
import { newRun } from '../../intake/new-run.ts';
import type { AnyJob } from '../../job/define.ts';
import { isOnejobError, OnejobError } from '../../job/errors.ts';
import { importedHeader, writeImported } from '../../job/imported.ts';
import { parseInput } from '../../job/input.ts';
import { stepKey } from '../../job/key.ts';
import type { Registry } from '../../job/registry.ts';
import type { Entry, OutcomeEntry } from '../../ports/store-entry.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import type { Store } from '../../ports/store.ts';
import { newId } from '../../std/id.ts';
import { version } from '../version.ts';

export interface VtaskImport {
  /** URL of the database, and the name of the table in it. */
  readonly from: string;
  readonly table: string | undefined;
  readonly store: Store;
  readonly registry: Registry;
  readonly maxBytes: number;
  readonly dryRun: boolean;
}

/** What became of the rows. */
export interface Imports {
  readonly succeeded: number;
  readonly failed: number;
  /** Rows with status 0, which go on at their step. */
  readonly goingOn: number;
  /** A run has their uuid as key already: from an earlier import. */
  readonly existing: number;
  /** Rows that stay where they are, and why. */
  readonly leftOut: readonly { readonly uuid: string; readonly why: string }[];
}

/**
 * Makes a run of each row of vtask's table, with its uuid as key (contract VT-23): finished rows become finished runs,
 * the others go on at their step as soon as a worker is there. May be repeated, also after a crash: a key that is there
 * is left alone, and what a row has behind it stands with its run from the run's first moment (`job/imported.ts`).
 */
export async function importVtask({ from, table, store, registry, maxBytes, dryRun }: VtaskImport): Promise<Imports> {
  const { readVtask } = await import('../../adapters/vtask/index.ts');
  const counts = { succeeded: 0, failed: 0, goingOn: 0, existing: 0, leftOut: [] as { uuid: string; why: string }[] };
  const worker = dryRun ? newId() : await registerWorker(store);
  for await (const page of readVtask(from, table)) {
    const tasks: Task[] = [];
    for (const row of page) {
      try {
        tasks.push(await taskOf(row, { registry, maxBytes, worker }));
      } catch (error) {
        if (!isOnejobError(error)) throw error;
        counts.leftOut.push({ uuid: row.uuid, why: error.message });
      }
    }
    const answers = dryRun ? await look(store, tasks) : await bring(store, tasks, worker);
    for (const [i, task] of tasks.entries()) {
      const verdict = answers[i];
      if (verdict === 'created') counts[fateOf(task.row)] += 1;
      else if (verdict === 'existing') counts.existing += 1;
      else counts.leftOut.push({ uuid: task.row.uuid, why: 'its key belongs to a run with another job or context' });
    }
  }
  if (!dryRun) await leave(store, worker);
  return counts;
}

interface Task {
  readonly row: VtaskRow;
  readonly job: AnyJob;
  readonly run: NewRun;
}

function fateOf({ status }: VtaskRow): 'succeeded' | 'failed' | 'goingOn' {
  return status === 2 ? 'succeeded' : status === 1 ? 'failed' : 'goingOn';
}

/** @throws JOB_UNKNOWN, CONFIG_INVALID, INPUT_INVALID … why the row cannot become a run */
async function taskOf(
  row: VtaskRow,
  { registry, maxBytes, worker }: { registry: Registry; maxBytes: number; worker: WorkerId },
): Promise<Task> {
  const job = registry.get(row.name);
  const steps = job.stepNames?.length;
  if (steps === undefined) throw new OnejobError('CONFIG_INVALID', `${job.name} is not a pipeline`);
  if (![0, 1, 2].includes(row.status)) throw new OnejobError('CONFIG_INVALID', `its status is ${row.status}`);
  if (row.status === 0 && (row.step < 1 || row.step > steps + 1)) {
    throw new OnejobError('CONFIG_INVALID', `its step is ${row.step}, and ${job.name} has ${steps}`);
  }
  const isFinished = row.status !== 0;
  const input = contextOf(row);
  if (!isFinished) await parseInput(job, input);
  // Without the job's schema and key: the context of a finished row need not fit them.
  const { name, queue, timeoutMs, deadlineMs, maxCrashes } = job;
  const run = await newRun({ name }, { input, trigger: 'api', key: row.uuid }, maxBytes);
  const marker = writeImported({ step: row.status === 2 ? steps + 1 : row.step, failed: row.status === 1 });
  return {
    row,
    job,
    run: {
      ...run,
      queue,
      timeoutMs,
      deadlineMs,
      maxCrashes,
      request: { headers: [[importedHeader, marker]], body: null, encoding: 'utf8' },
      holder: isFinished ? worker : null,
      claim: 1,
    },
  };
}

function contextOf({ input }: VtaskRow): unknown {
  try {
    return input === '' ? null : (JSON.parse(input) as unknown);
  } catch {
    throw new OnejobError('INPUT_INVALID', 'its input is not JSON');
  }
}

/** What `bring` would answer. */
async function look(store: Store, tasks: readonly Task[]): Promise<Submitted['verdict'][]> {
  const there = await store.get(tasks.map(({ row }) => row.uuid));
  return tasks.map(({ run }, i) => {
    const other = there[i];
    if (!other) return 'created';
    return other.job === run.job && other.input === run.input ? 'existing' : 'conflict';
  });
}

/** Creates the runs in one commit; those that are finished end in the next. */
async function bring(store: Store, tasks: readonly Task[], worker: WorkerId): Promise<Submitted['verdict'][]> {
  const submitted = await store.submit(tasks.map(({ run }) => run));
  const finished = tasks.filter(({ row, run }, i) => row.status !== 0 && submitted[i]?.run.id === run.id);
  await store.record({ worker, entries: finished.flatMap(historyOf) });
  await store.heartbeat({ worker });
  return submitted.map(({ verdict }) => verdict);
}

/** The steps that vtask has done, each with the one context that it has kept, and how the task ended. */
function historyOf({ row, job, run }: Task): Entry[] {
  const now = Date.now();
  const done = (job.stepNames ?? []).slice(0, row.status === 2 ? undefined : Math.max(0, row.step - 1));
  const steps = done.map((name, i): Entry => ({
    kind: 'step',
    run: run.id,
    epoch: 1,
    key: stepKey(name),
    type: 'step',
    state: 'succeeded',
    tries: 1,
    firstSeq: i, // from 0, as the engine counts, which gives the next step the next number
    output: run.input,
    error: null,
    startedAt: now,
    finishedAt: now,
    consumes: null,
  }));
  const outcome: OutcomeEntry = {
    kind: 'outcome',
    run: run.id,
    epoch: 1,
    state: row.status === 2 ? 'succeeded' : 'failed',
    output: row.status === 2 ? run.input : null,
    response: null,
    error: row.status === 2 ? null : { code: 'JOB_FAILED', message: `failed in vtask at step ${row.step}` },
    progress: null,
    isSilent: true, // vtask has called back
  };
  return [...steps, outcome];
}

/** A process that holds runs has a name; it takes no work. */
async function registerWorker(store: Store): Promise<WorkerId> {
  const id = newId();
  const identity = ownIdentity();
  const node = `${identity.host} (import)`;
  await store.registerWorker({ id, node, replaces: null, identity, jobs: [], slots: 0, version, heartbeatMs: 2_000 });
  return id;
}

async function leave(store: Store, worker: WorkerId): Promise<void> {
  const own = (await store.workers()).find(({ id }) => id === worker);
  if (own) await store.evict([{ id: worker, seenHeartbeat: own.heartbeat, counted: false }]);
}

import type { Engine } from '../engine/host/engine.ts';
import type { Intake } from '../intake/intake.ts';
import { conflictOf, refuseSharedKeys } from '../intake/key-conflict.ts';
import { readBody, type RunRequest } from '../intake/run-request.ts';
import { callbackKey } from '../job/callbacks.ts';
import { hasCode } from '../job/errors.ts';
import type { Registry } from '../job/registry.ts';
import type { Run } from '../job/run.ts';
import { isFinal } from '../job/state.ts';
import type { NewRun, Submitted } from '../ports/store-submit.ts';
import { harmless } from '../std/harmless.ts';
import type { RunWatcher } from './execute.ts';
import type { StoreClient } from './client/store-client.ts';

export interface ExecutionOptions {
  readonly intake: Intake;
  readonly registry: Registry;
  readonly client: StoreClient;
  readonly engine: Engine;
  /** Aborts when the process was interrupted: runs that wait are left waiting. */
  readonly signal: AbortSignal;
  readonly watch: (run: string, watcher: RunWatcher) => () => void;
}

/**
 * Executes runs in this process and waits for them (contracts EGO-1, EGO-2). All requests are checked before anything
 * is stored; then all are created in one commit, held by this process, and go on concurrently.
 */
export async function execute(
  requests: readonly RunRequest[],
  watcher: RunWatcher,
  options: ExecutionOptions,
): Promise<Run[]> {
  const { engine, intake } = options;
  refuseSharedKeys(requests);
  const runs = await intake.check(requests.map((request) => readBody({ ...request, holder: engine.id })));
  await engine.registerWorker();
  options.signal.throwIfAborted();
  const submitted = await engine.submit(runs);
  const refusal = conflictOf(runs, submitted) ?? (options.signal.reason as Error | undefined);
  if (refusal) {
    await takeBack(submitted, refusal, options);
    throw refusal;
  }
  const told = harmless(watcher);
  return Promise.all(submitted.map((answer, i) => follow(runs[i] as NewRun, answer, told, options)));
}

/**
 * Ends runs that nobody is to execute: they were created together with one that was refused, or in the moment of an
 * interruption.
 */
async function takeBack(
  submitted: readonly Submitted[],
  reason: Error,
  { engine, client }: ExecutionOptions,
): Promise<void> {
  const created = submitted.flatMap(({ verdict, run }) => (verdict === 'created' ? [run] : []));
  const held = created.filter(({ state }) => state === 'running');
  await engine.discard(held, reason);
  await Promise.all(created.filter((run) => !held.includes(run)).map(({ id }) => client.cancel(id, reason.message)));
}

async function follow(run: NewRun, answer: Submitted, watcher: RunWatcher, options: ExecutionOptions): Promise<Run> {
  const { engine, client } = options;
  const { id, state } = answer.run;
  const created = answer.verdict === 'created';
  const unwatch = options.watch(id, watcher);
  try {
    watcher.onStart?.({ id, job: run.job, traceId: run.traceId, created });
    if (created && state === 'running') {
      const end = await engine.execute(run);
      const hasEnded = isFinal(end);
      if (!hasEnded) await wait(id, { ...options, wasHere: end === 'parked' });
    } else if (!isFinal(state)) {
      engine.follow(id);
      await wait(id, options);
    }
    const ended = await client.find(id);
    await callbackOf(ended, options);
    watcher.onEnd?.(ended);
    return ended;
  } finally {
    unwatch();
  }
}

/** A pipeline's callback belongs to what was asked for: this process executes it and stays for it. */
export async function callbackOf(
  ended: Run,
  options: Pick<ExecutionOptions, 'registry' | 'client' | 'engine' | 'signal'>,
): Promise<void> {
  if (!isFinal(ended.state) || !options.registry.find(ended.job)?.callbacks) return;
  const callback = await options.client.get(callbackKey(ended));
  if (!callback || isFinal(callback.state)) return;
  options.engine.follow(callback.id); // the run may have ended before this process asked for it
  await wait(callback.id, options);
}

type Waiting = Pick<ExecutionOptions, 'client' | 'engine' | 'signal'> & { readonly wasHere?: boolean };

/** Until the run has ended, here or elsewhere, or this process was interrupted and leaves it. */
async function wait(id: string, { wasHere = false, ...options }: Waiting): Promise<void> {
  const { client, signal } = options;
  try {
    await client.wait(id, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    await cancelledWithChildren(id, { ...options, wasHere });
  }
}

/**
 * After an interruption a run that waits is left, but not one whose child executes here: the child is cancelled, and as
 * soon as the run hears of it, it is claimed here once more and cancelled too (`Worker.interrupt`).
 */
async function cancelledWithChildren(id: string, { client, engine, wasHere }: Waiting): Promise<void> {
  for (let isOurs = wasHere ?? false; ;) {
    const isHere = engine.attempts.executes(id); // before the run is read: what has ended since then is read
    const { state, dueAt } = await client.find(id);
    isOurs ||= isHere;
    const isDue = state === 'queued' && (dueAt ?? Infinity) <= Date.now();
    if (isFinal(state) || !(isHere || (isOurs && (isDue || state === 'running')))) return;
    await client.wait(id, { timeout: '50ms' }).catch((error: unknown) => {
      if (!hasCode(error, 'WAIT_TIMED_OUT')) throw error;
    });
  }
}

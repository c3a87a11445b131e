import type { Engine } from '../engine/host/engine.ts';
import { newRun, type Wish } from '../engine/attempt/submission.ts';
import { callbackKey } from '../job/callbacks.ts';
import type { AnyJob } from '../job/define.ts';
import { hasCode, OnejobError } from '../job/errors.ts';
import { inputInvalid } from '../job/input.ts';
import type { Registry } from '../job/registry.ts';
import type { Run } from '../job/run.ts';
import { isFinal } from '../job/state.ts';
import type { NewRun, Submitted } from '../ports/store-submit.ts';
import { harmless } from '../std/harmless.ts';
import { isJsonOf } from '../std/json.ts';
import { durationOption } from './config/duration-option.ts';
import type { EnqueuedRun, ExecuteRequest, RunWatcher } from './execute.ts';
import { conflictOf, refuseConflicts } from './client/key-conflict.ts';
import type { StoreClient } from './client/store-client.ts';
import { withTraceParent } from './tracing.ts';

/** How what is asked for becomes a run. */
export interface SubmissionOptions {
  readonly registry: Registry;
  readonly client: StoreClient;
  readonly maxBytes: number;
  readonly redact: readonly string[];
}

export interface ExecutionOptions extends SubmissionOptions {
  readonly engine: Engine;
  /** Aborts when the process was interrupted: runs that wait are left waiting. */
  readonly signal: AbortSignal;
  readonly watch: (run: string, watcher: RunWatcher) => () => void;
}

/**
 * Executes runs in this process and waits for them (CONTRACTS EGO-1, EGO-2). All requests are checked before anything
 * is stored; then all are created in one commit, held by this process, and go on concurrently.
 */
export async function execute(
  requests: readonly ExecuteRequest[],
  watcher: RunWatcher,
  options: ExecutionOptions,
): Promise<Run[]> {
  const { engine } = options;
  const runs = await wishedRuns(requests, options, engine.id);
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

/** Leaves runs to whichever worker is free; resolves with them as they are stored, and which of them are new. */
export async function enqueue(
  requests: readonly ExecuteRequest[],
  options: SubmissionOptions & { readonly submit: (runs: readonly NewRun[]) => Promise<readonly Submitted[]> },
): Promise<EnqueuedRun[]> {
  const runs = await wishedRuns(requests, options, undefined);
  const submitted = await options.submit(runs);
  const conflict = conflictOf(runs, submitted);
  if (conflict) throw conflict;
  return Promise.all(
    submitted.map(async ({ verdict, run }) => ({
      run: await options.client.find(run.id),
      created: verdict === 'created',
    })),
  );
}

async function wishedRuns(
  requests: readonly ExecuteRequest[],
  { registry, client, maxBytes, redact }: SubmissionOptions,
  holder: string | undefined,
): Promise<NewRun[]> {
  const jobs = requests.map(({ job }) => registry.get(job));
  const keys = requests.flatMap(({ key }) => key ?? []);
  if (new Set(keys).size < keys.length) {
    throw new OnejobError('USAGE', 'one key cannot name the runs of several jobs', { hint: 'start them one by one' });
  }
  const wished = requests.map((request, i) => wishedRun(jobs[i] as AnyJob, request, { maxBytes, redact, holder }));
  const runs = await Promise.all(wished);
  await refuseConflicts(runs, (keys) => client.getWhole(keys));
  return runs;
}

/** What was created with a run that was refused, or in the moment of an interruption, is not executed by anybody. */
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

/** @throws INPUT_INVALID, VALUE_REJECTED, PAYLOAD_TOO_LARGE, USAGE; nothing is written */
export async function wishedRun(
  job: AnyJob,
  request: ExecuteRequest,
  { maxBytes, redact, holder }: { maxBytes: number; redact: readonly string[]; holder: string | undefined },
): Promise<NewRun> {
  const { body, delay } = request;
  const read = body === undefined ? { input: request.input } : readBody(body);
  const delayMs = durationOption('delay', delay) ?? 0;
  const wish: Wish = {
    input: read.input,
    body: body === undefined || isJsonOf(body, read.input) ? undefined : body,
    trigger: request.trigger,
    key: request.key,
    args: request.args,
    headers: await withTraceParent(request.headers),
    delayMs,
    priority: request.priority,
    timeoutMs: durationOption('timeout', request.timeout),
    holder: delayMs === 0 ? holder : undefined,
  };
  try {
    return await newRun(job, wish, maxBytes, redact);
  } catch (error) {
    if ('fault' in read && hasCode(error, 'INPUT_INVALID')) {
      throw inputInvalid(job.name, [{ path: '', message: `the data is not JSON (${read.fault})` }]);
    }
    throw error;
  }
}

/** JSON where it parses, else the text itself (CONTRACTS EGO-5); no bytes at all are no input. */
function readBody(
  body: string | Uint8Array,
): { readonly input: unknown } | { readonly input: string; readonly fault: string } {
  if (body === '' || typeof body === 'object') return { input: undefined };
  try {
    return { input: JSON.parse(body) as unknown };
  } catch (error) {
    return { input: body, fault: (error as Error).message };
  }
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

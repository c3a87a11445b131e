import { callbackFor, callbackKey, isCallbackRun } from '../job/callbacks.ts';
import type { JobContext } from '../job/context.ts';
import type { AnyJob } from '../job/define.ts';
import type { Registry } from '../job/registry.ts';
import type { Run, RunId } from '../job/run.ts';
import { isFinal, type FinalState } from '../job/state.ts';
import type { Log } from '../ports/log.ts';
import type { Claim } from '../ports/store-claim.ts';
import type { NewRun } from '../ports/store-submit.ts';
import type { Store } from '../ports/store.ts';
import { newId } from '../std/id.ts';
import type { Outbox } from './outbox.ts';

/** The run of the job's callback for this end of a run; null where it has none. */
export function callbackRun(
  run: RunId,
  {
    generation,
    attempt,
    priority,
    traceId,
    root,
  }: Pick<Run, 'generation' | 'attempt' | 'priority' | 'traceId' | 'root'>,
  job: AnyJob,
  state: FinalState,
): NewRun | null {
  if (callbackFor(job.callbacks, state) === null) return null;
  return {
    id: newId(),
    key: callbackKey(run, generation, attempt),
    job: job.name,
    queue: job.queue,
    trigger: 'parent',
    priority,
    input: null,
    digest: null,
    args: [],
    request: null,
    dueAt: null,
    delayMs: 0,
    timeoutMs: job.timeoutMs,
    deadlineMs: null,
    maxCrashes: job.maxCrashes,
    traceId,
    parent: run,
    root,
    schedule: null,
    scheduledAt: null,
    holder: null,
  };
}

/**
 * The same for runs that the store itself ended: cancelled while nobody ran them, or crashed too often. Whoever ended
 * them asks for their callbacks; the key makes a second asking harmless.
 */
export function callbackRunsOf(runs: readonly (Run | null)[], registry: Registry): NewRun[] {
  return runs.flatMap((run) => {
    const job = run && isFinal(run.state) && !isCallbackRun(run) ? registry.find(run.job) : undefined;
    const next = run && job && isFinal(run.state) ? callbackRun(run.id, run, job, run.state) : null;
    return next === null ? [] : [next];
  });
}

/** Asks for the callbacks of runs that the store ended itself; a store that is away meanwhile is only noted. */
export async function askForCallbacks(
  ended: readonly RunId[],
  from: { store: Store; outbox: Outbox; registry: Registry; log: Log },
): Promise<void> {
  const { store, outbox, registry, log } = from;
  try {
    await Promise.all(callbackRunsOf(await store.get(ended), registry).map((run) => outbox.submit(run)));
  } catch (error) {
    log.warn('callbacks of runs that crashed too often could not be asked for', { error: String(error) });
  }
}

/** Executes the callback of the run that this one was created for, with that run's final context (CONTRACTS VT-4). */
export async function runCallback(
  job: AnyJob,
  claim: Claim,
  store: Store,
  { services, log, signal }: JobContext<never, never>,
): Promise<void> {
  const [run] = claim.parent === null ? [] : await store.get([claim.parent], { steps: true });
  if (!run || !isFinal(run.state)) return; // pruned, or run again meanwhile: its next end has a callback of its own
  const callback = callbackFor(job.callbacks, run.state);
  const { id, key, job: name, state, error } = run;
  await callback?.(
    { run: { id, key, job: name }, state, output: finalContext(run) as never, error },
    { services, log, signal },
  );
}

function finalContext(run: Run): unknown {
  if (run.output !== null) return JSON.parse(run.output);
  const last = run.steps?.findLast(({ state, kind }) => state === 'succeeded' && kind === 'step');
  const text = last ? last.output : run.input;
  return text === null ? undefined : JSON.parse(text);
}

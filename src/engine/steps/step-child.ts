import { newRun } from '../../intake/new-run.ts';
import { isCancelledWithParent } from '../../job/child.ts';
import type { AnyJob } from '../../job/define.ts';
import type { Run, RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { MailboxItem } from '../../ports/store-action.ts';
import type { NewRun } from '../../ports/store-submit.ts';
import type { Host } from '../host/host.ts';
import { retryUntilAvailable } from '../journal/retry-until-available.ts';
import type { StepCall } from './step-journal.ts';
import type { StepRuntime } from './step-runtime.ts';
import type { StepTries } from './step-tries.ts';

export interface ChildWork {
  readonly runtime: StepRuntime;
  readonly tries: StepTries;
  readonly call: StepCall;
  readonly job: AnyJob;
  readonly input: unknown;
}

/**
 * Waits for the end of a child run. A mailbox item tells of it, but not while this run was finished itself: so after a retry
 * or a restart (`tries` 0) the child is looked at first. A child that ended without success before this life of its
 * parent is executed again (decision 0050).
 */
export async function childResult(work: ChildWork): Promise<unknown> {
  const { runtime, call, job } = work;
  const { waitTracker, results, execution } = runtime;
  await runtime.gate.pass();
  let tries = call.record?.tries ?? 0;
  let isWaitedFor = tries > 0;
  let child = call.record?.child ?? null;
  if (child === null) {
    child = await start(work, ++tries);
    isWaitedFor = true;
  }
  for (isWaitedFor ||= execution.mailbox.has('child', child); ; isWaitedFor = true) {
    const item = isWaitedFor ? await endOf(work, child) : null;
    const run = await waitTracker.work(() => readChild(runtime, child as RunId));
    if (run !== null && !isFinal(run.state)) {
      // It was retried before this end of it was read, so the next one counts. Or nobody had waited for it.
      if (item === null) await work.tries.begin(call, { tries: ++tries });
      continue;
    }
    const consumes = item?.n ?? null;
    if (run?.state === 'succeeded') {
      return results.finish(call, {
        state: 'succeeded',
        output: run.output,
        error: null,
        tries: Math.max(1, tries),
        consumes,
      });
    }
    if (item === null || (run !== null && isCancelledWithParent(run))) {
      child = await again(work, run, ++tries);
      continue;
    }
    const error = run?.error ?? { code: 'RUN_CANCELLED', message: `the run of ${job.name} is gone` };
    return results.finish(call, { state: 'failed', output: null, error, tries: Math.max(1, tries), consumes });
  }
}

async function endOf({ runtime, call, job }: ChildWork, child: RunId): Promise<MailboxItem | null> {
  const woken = await runtime.waits.wait<MailboxItem>(`${call.key}: run of ${job.name}`, null, (take) =>
    runtime.execution.mailbox.take('child', child, take),
  );
  return woken.by === 'item' ? woken.item : null;
}

async function start(work: ChildWork, tries: number): Promise<RunId> {
  return begin(work, await newChild(work), tries);
}

/** Retries the child, which keeps what it has recorded; with another input, or when it is gone, there is a new one. */
async function again(work: ChildWork, run: Run | null, tries: number): Promise<RunId> {
  const child = await newChild(work);
  if (run === null || run.job !== child.job || run.input !== child.input) return begin(work, child, tries);
  await work.tries.begin(work.call, { tries, retriesChild: true });
  hasBegun(work);
  return run.id;
}

async function begin(work: ChildWork, child: NewRun, tries: number): Promise<RunId> {
  await work.tries.begin(work.call, { tries, child });
  hasBegun(work);
  return child.id;
}

/** The child's run, its input checked. */
function newChild({ runtime, job, input }: ChildWork): Promise<NewRun> {
  const { claim, host } = runtime.execution;
  const { run, root, traceId } = claim;
  const headers = traceHeaders(host);
  const request = { input, trigger: 'parent', parent: { run, root }, traceId, headers } as const;
  return newRun(job, request, host.limits.valueBytes);
}

/** So that the span of a child hangs below the step that asked for it. */
function traceHeaders({ tracer }: Host): (readonly [string, string])[] {
  const traceparent = tracer?.traceparent();
  return traceparent === undefined ? [] : [['traceparent', traceparent]];
}

function readChild({ execution }: StepRuntime, child: RunId): Promise<Run | null> {
  const { host, abort } = execution;
  return retryUntilAvailable(host.clock, abort, async () => (await host.store.get([child]))[0] ?? null);
}

/** A child has been created or retried: somebody has to execute it. */
function hasBegun({ runtime }: ChildWork): void {
  runtime.hasChildren = true;
  runtime.execution.host.signals.work();
}

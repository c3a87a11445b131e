import { callbackKey } from '../../job/callbacks.ts';
import type { RunId } from '../../job/run.ts';
import type { NewRun } from '../../ports/store-submit.ts';

/** What the run of a callback takes from the run that ended. */
export interface CalledRun {
  readonly id: RunId;
  readonly job: string;
  readonly queue: string;
  readonly priority: number;
  readonly epoch: number;
  readonly root: RunId;
  readonly timeoutMs: number | null;
  readonly maxCrashes: number;
  readonly traceId: string;
}

/**
 * The run of a callback: of the same job, so that who knows it claims it, in the same queue. It has no deadline, for it
 * is called whenever that is (contract VT-4), and no callback of its own.
 */
export function callbackRun(ended: CalledRun, id: RunId): NewRun {
  const { job, queue, priority, timeoutMs, maxCrashes, traceId, root } = ended;
  return {
    id,
    key: callbackKey(ended),
    job,
    queue,
    trigger: 'parent',
    priority,
    input: null,
    digest: null,
    args: [],
    request: null,
    dueAt: null,
    delayMs: 0,
    timeoutMs,
    deadlineMs: null,
    maxCrashes,
    callbacks: 'none',
    traceId,
    parent: ended.id,
    root,
    schedule: null,
    scheduledAt: null,
    holder: null,
    claim: 0,
  };
}

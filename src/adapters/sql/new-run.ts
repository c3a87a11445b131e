import type { NewRun } from '../../ports/store-submit.ts';
import { callbacksText } from './run-row.ts';
import { wholeMs } from './whole-ms.ts';

/** The form in which a database takes structured values inside of a batch: as they are, or as text. */
export type Structured = (value: object) => unknown;

/** A new run in the form that procedures read. Members with the usual value are left out, which are most of them. */
export function encodeNewRun(run: NewRun, i: number, structured: Structured): Record<string, unknown> {
  return {
    i,
    id: run.id,
    key: run.key ?? undefined,
    job: run.job,
    queue: run.queue,
    trigger: run.trigger,
    priority: run.priority === 0 ? undefined : run.priority,
    input: run.input ?? undefined,
    digest: run.key === null ? undefined : (run.digest ?? undefined),
    args: run.args.length === 0 ? undefined : structured(run.args),
    request: run.request === null ? undefined : structured(run.request),
    due: run.dueAt ?? undefined,
    delay: run.delayMs === 0 ? undefined : wholeMs(run.delayMs),
    timeout: run.timeoutMs ?? undefined,
    deadline: run.deadlineMs ?? undefined,
    crashes: run.maxCrashes,
    callbacks: callbacksText(run.callbacks) ?? undefined,
    trace: run.traceId,
    parent: run.parent ?? undefined,
    root: run.root === run.id ? undefined : run.root,
    schedule: run.schedule ?? undefined,
    scheduled: run.scheduledAt ?? undefined,
    holder: run.holder ?? undefined,
    claim: run.holder === null ? undefined : run.claim,
  };
}

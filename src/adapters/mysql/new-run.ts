import type { NewRun } from '../../ports/store-submit.ts';
import { callbacksText, jsonText, listText } from '../sql/run-row.ts';

/** What `onejob_create` reads, every member a text or a number. Most members of most runs are as usual and left out. */
export function inShort(run: NewRun, i: number): Record<string, unknown> {
  return {
    i,
    id: run.id,
    key: run.key ?? undefined,
    job: run.job,
    queue: run.queue,
    cause: run.trigger,
    priority: run.priority === 0 ? undefined : run.priority,
    input: run.input ?? undefined,
    digest: run.key === null ? undefined : (run.digest ?? undefined),
    args: listText(run.args) ?? undefined,
    request: jsonText(run.request) ?? undefined,
    due: run.dueAt ?? undefined,
    delay: run.delayMs === 0 ? undefined : Math.ceil(run.delayMs),
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
  };
}

import type { HookRun } from '../../job/hooks.ts';
import { egoRunId } from '../../job/key.ts';
import type { Claim } from '../../ports/store-claim.ts';

/** What the log says of an attempt. */
export function namesOf(claim: Claim): Record<string, unknown> {
  const { trigger, attempt } = claim;
  return { ...labelsOf(claim), trigger, attempt };
}

/** What each line of a run carries; the RunID of ego's route also where it is no key (contracts EGO-9, EGO-19). */
export function labelsOf({ job, run, traceId, key, trigger, request }: Claim): Record<string, unknown> {
  const runId = trigger === 'http' ? egoRunId(request) : undefined;
  return { job, run, traceId, ...(key !== null && { key }), ...(runId !== undefined && { runId }) };
}

/** What hooks are told of a run. */
export function hookRun({ run, job, key, attempt, trigger, traceId }: Claim): HookRun {
  return { id: run, job, key, attempt, trigger, traceId };
}

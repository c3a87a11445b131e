import { hasCode } from '../../job/errors.ts';
import type { Run } from '../../job/run.ts';
import type { ActionResult } from '../../ports/store-action.ts';
import type { RunQuery } from '../../ports/store-query.ts';
import type { Client } from './client.ts';

/** Which runs. A page's `limit` and `cursor` are not in it. */
export type RunFilter = Omit<Partial<RunQuery>, 'limit' | 'cursor'>;

export type Verdict = ActionResult['verdict'];

/** What became of one run of many. */
export interface Changed {
  readonly id: string;
  readonly job: string;
  readonly verdict: Verdict;
}

type Apply = (id: string) => Promise<ActionResult>;

/** Those of them to change, of up to `limit`, newest first, and whether there are more. */
export async function findAll(
  client: Client,
  verb: 'cancel' | 'retry' | 'restart',
  filter: RunFilter,
  limit: number,
): Promise<{ runs: Run[]; more: boolean }> {
  const runs: Run[] = [];
  for (let cursor: string | null = null; ;) {
    const page: { items: readonly Run[]; next: string | null } = await client.list({
      ...filter,
      limit: Math.min(pageSize, limit - runs.length),
      ...(cursor !== null && { cursor }),
    });
    runs.push(...page.items);
    cursor = page.next;
    if (cursor !== null && runs.length < limit) continue;
    return { runs: verb === 'cancel' ? runs : withoutTheirChildren(runs), more: cursor !== null };
  }
}

/** A parent that runs again has its children run again, or starts others: next to it, their work would be done twice. */
function withoutTheirChildren(runs: readonly Run[]): Run[] {
  const ids = new Set(runs.map(({ id }) => id));
  return runs.filter(({ parent }) => parent === null || !ids.has(parent));
}

/** Oldest first; stops between two batches when somebody interrupts. */
export async function applyToAll(runs: readonly Run[], apply: Apply, signal: AbortSignal): Promise<Changed[]> {
  const changed: Changed[] = [];
  const oldestFirst = runs.toReversed();
  for (let from = 0; from < oldestFirst.length && !signal.aborted; from += batchSize) {
    const batch = oldestFirst.slice(from, from + batchSize);
    changed.push(...(await Promise.all(batch.map((run) => applyTo(run, apply)))));
  }
  return changed;
}

/** What became of a run meanwhile is an answer, not an error: others of its batch must not suffer from it. */
async function applyTo({ id, job }: Run, apply: Apply): Promise<Changed> {
  try {
    const { verdict } = await apply(id);
    return { id, job, verdict };
  } catch (error) {
    const verdict = refusals.find(({ code }) => hasCode(error, code))?.verdict;
    if (verdict === undefined) throw error;
    return { id, job, verdict };
  }
}

const refusals = [
  { code: 'RUN_UNKNOWN', verdict: 'unknown' },
  { code: 'RUN_FINISHED', verdict: 'finished' },
  { code: 'RUN_ACTIVE', verdict: 'active' },
  { code: 'STEP_UNKNOWN', verdict: 'step-unknown' },
] as const;
const pageSize = 1_000;
const batchSize = 100;

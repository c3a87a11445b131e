import type { StepRecord } from '../../job/run.ts';
import type { Page } from '../../ports/store-query.ts';
import { type StepColumns, stepOf } from './run-row.ts';

/** What a step `s` weighs, about, in SQLite and PostgreSQL: neither reads a large text for it. */
export const stepBytes =
  '200 + octet_length(s.key) + coalesce(octet_length(s.output), 0) + coalesce(octet_length(s.error), 0)';

/** `total` counts the steps from this part on. */
export type StepPartRow = StepColumns & { readonly total: number };

/** The next part begins after the last step of this one. */
export function stepPage(rows: readonly StepPartRow[]): Page<StepRecord> {
  const last = rows.at(-1);
  return { items: rows.map(stepOf), next: last !== undefined && last.total > rows.length ? last.key : null };
}

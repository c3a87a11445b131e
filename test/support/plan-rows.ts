/** A node of what `explain (analyze, format json)` answers. */
export interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** What a plan read of the tables, of which kind and how many rows. */
export function scansOf(plan: Plan): { readonly table: string; readonly kind: string; readonly rows: number }[] {
  const { 'Relation Name': table, 'Node Type': kind, 'Actual Rows': rows, 'Actual Loops': loops } = plan;
  const read = loops * (rows + (plan['Rows Removed by Filter'] ?? 0));
  const own = table === undefined ? [] : [{ table, kind, rows: read }];
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)];
}

import type { Run, RunId, StepRecord } from '../../job/run.ts';
import type { Chunk } from '../../ports/store-entry.ts';
import type { Page, StepRequest } from '../../ports/store-query.ts';
import { listedColumn, wholeColumn } from '../sql/listed-columns.ts';
import { runColumns } from '../sql/run-columns.ts';
import { type RunRow, runOf, type StepColumns, stepOf } from '../sql/run-row.ts';
import { stepBytes, stepPage, type StepPartRow } from '../sql/step-page.ts';
import { isStorable } from './bundle.ts';
import type { Connection } from './connection.ts';

const wholeColumns = runColumns(wholeColumn);

/** The columns of a run in a list: without its large values. */
export const listColumns = runColumns(listedColumn);

/** By id first, then by key. */
export async function get(db: Connection, refs: readonly string[], steps: boolean): Promise<(Run | null)[]> {
  const asked = [...new Set(refs)].filter(isStorable);
  const withSteps = steps
    ? `, (select json_agg(s order by s.state = 'running', s.n, s.first_seq, s.key) from ${db.schema}.steps s where s.run = r.id) steps`
    : '';
  const rows = await db.query<RunRow & { ref: string; steps?: StepColumns[] | null }>(
    `select a.ref, ${wholeColumns}${withSteps}
     from unnest($1::text[]) a(ref)
     join ${db.schema}.runs r on r.id = coalesce(
       (select id from ${db.schema}.runs where id = a.ref), (select run from ${db.schema}.keys where key = a.ref))
     left join ${db.schema}.live l on l.run = r.id
     left join ${db.schema}.outcomes o on o.run = r.id`,
    [asked],
  );
  const byRef = new Map(rows.map((row) => [row.ref, row]));
  return refs.map((ref) => {
    const row = byRef.get(ref);
    if (row === undefined) return null;
    return steps ? { ...runOf(row), steps: (row.steps ?? []).map(stepOf) } : runOf(row);
  });
}

/** What fits is weighed first: only the texts of that are read. */
export async function steps(db: Connection, { run, after, maxBytes }: StepRequest): Promise<Page<StepRecord>> {
  if (!isStorable(run)) return stepPage([]);
  const rows = await db.query<StepPartRow>(
    `with weighed as materialized (
       select s.key, sum(${stepBytes}) over o so_far, row_number() over o nth, (count(*) over ())::integer total
       from ${db.schema}.steps s
       where s.run = $1 and ($2::text is null or (s.state = 'running', s.n, s.first_seq, s.key) >
         (select a.state = 'running', a.n, a.first_seq, a.key from ${db.schema}.steps a where a.run = $1 and a.key = $2))
       window o as (order by s.state = 'running', s.n, s.first_seq, s.key)
     )
     select s.key, s.kind, s.state, s.tries, s.first_seq, s.output, s.error, s.resume_at, s.child, s.started_at, s.finished_at, w.total
     from weighed w join ${db.schema}.steps s on s.run = $1 and s.key = w.key
     where w.so_far <= $3 or w.nth = 1 order by w.nth`,
    [run, after, maxBytes],
  );
  return stepPage(rows);
}

/** At most 1,000 chunks, so that a large log is not summed up whole for a small `maxBytes`. */
export async function tail(
  db: Connection,
  { run, after, maxBytes }: { run: RunId; after: number; maxBytes: number },
): Promise<Chunk[]> {
  if (!isStorable(run)) return [];
  const rows = await db.query<{ seq: number; bytes: string }>(
    // as text, for how bytes are written is a setting of the session (bytea_output)
    `select seq, encode(bytes, 'base64') bytes from (
       select seq, bytes, sum(octet_length(bytes)) over (order by seq) so_far, row_number() over (order by seq) place
       from (select seq, bytes from ${db.schema}.output where run = $1 and seq > $2 order by seq limit 1000) o
     ) o where so_far <= $3 or place = 1 order by seq`,
    [run, after, maxBytes],
  );
  return rows.map(({ seq, bytes }) => ({ seq, bytes: Buffer.from(bytes, 'base64') }));
}

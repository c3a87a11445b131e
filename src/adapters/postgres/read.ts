import type { Run, RunId, StepRecord } from '../../job/run.ts';
import type { Chunk } from '../../ports/store-entry.ts';
import type { Page, StepRequest } from '../../ports/store-query.ts';
import { listedColumn, type ReadColumn, wholeColumn } from '../sql/listed-columns.ts';
import { type RunRow, runOf, type StepColumns, stepOf } from '../sql/run-row.ts';
import { stepBytes, stepPage, type StepPartRow } from '../sql/step-page.ts';
import { isStorable } from './bundle.ts';
import type { Connection } from './connection.ts';

/** The columns of a run. A run has a live row or an outcome, never both. */
const columns = (read: ReadColumn): string => `
  r.id, r.key, r.job, r.queue, coalesce(l.state, o.state) state, r.trigger, r.priority,
  coalesce(l.attempt, o.attempt) attempt, coalesce(l.crashes, o.crashes) crashes, l.suspect, coalesce(l.epoch, o.epoch) epoch,
  coalesce(l.generation, o.generation) generation, ${read('r.input', 'input')}, ${read('r.args', 'args')}, ${read('r.request', 'request')},
  ${read('o.output', 'output')}, ${read('o.response', 'response')},
  ${read('coalesce(l.error, o.error)', 'error')}, coalesce(l.progress, o.progress) progress, l.waiting_for, r.schedule,
  r.scheduled_at, r.created_at, coalesce(l.due_at, o.due_at) due_at, coalesce(l.started_at, o.started_at) started_at,
  o.finished_at, coalesce(l.node, o.node) node, r.trace_id, r.parent, r.root`;

const runColumns = columns(wholeColumn);

/** As in a list. */
export const listColumns = columns(listedColumn);

/** By id first, then by key. */
export async function get(db: Connection, refs: readonly string[], steps: boolean): Promise<(Run | null)[]> {
  const asked = [...new Set(refs)].filter(isStorable);
  const withSteps = steps
    ? `, (select json_agg(s order by s.state = 'running', s.n, s.first_seq, s.key) from ${db.schema}.steps s where s.run = r.id) steps`
    : '';
  const rows = await db.query<RunRow & { ref: string; steps?: StepColumns[] | null }>(
    `select a.ref, ${runColumns}${withSteps}
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

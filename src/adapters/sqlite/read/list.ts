import { isFinal, type FinalState, type LiveState, type RunState } from '../../../job/state.ts';
import type { Run } from '../../../job/run.ts';
import type { Page, RunQuery } from '../../../ports/store-query.ts';
import { PageParts } from '../../sql/page-parts.ts';
import type { RunRow } from '../../sql/run-row.ts';
import type { Tx } from '../file/connection.ts';
import { idSince, idUntil } from '../submit/created-bound.ts';
import type { SqlValue } from '../file/driver.ts';
import { listColumns, runTables } from './read.ts';

/**
 * Newest first by id. A condition on the state reads the unfinished runs from `live` and each final state from its
 * index, and merges the pages: one `in (…)` over both would sort all matching runs.
 */
export function list(tx: Tx, query: RunQuery): Page<Run> {
  const parts = new PageParts(query.limit);
  while (!parts.isWhole) {
    const rest = parts.cursor === undefined ? query : { ...query, cursor: parts.cursor };
    const limit = parts.nextRows();
    const rows = sources(query.states)
      .flatMap((source) => rowsOf(tx, source, rest, limit))
      .toSorted((a, b) => (a.id < b.id ? 1 : -1));
    parts.add(rows.slice(0, limit));
  }
  return parts.page();
}

interface Source {
  readonly from: string;
  readonly where: string;
  readonly values: readonly SqlValue[];
  /** The id by which this source is sorted. */
  readonly id: string;
}

function sources(states: readonly RunState[] | undefined): Source[] {
  if (states === undefined) return [{ from: runTables, where: 'true', values: [], id: 'r.id' }];
  const wanted = [...new Set(states)];
  const finals = wanted.filter((state): state is FinalState => isFinal(state));
  const lives = wanted.filter((state): state is LiveState => !isFinal(state));
  const all: Source[] = finals.map((state) => ({
    // The cross joins fix the order: the table with the condition first.
    from: 'outcomes o cross join runs r on r.id = o.run left join live l on l.run = r.id',
    where: 'o.state = ?',
    values: [state],
    id: 'o.run',
  }));
  if (lives.length > 0) {
    const marks = lives.map(() => '?').join(', ');
    all.push({
      from: 'live l cross join runs r on r.id = l.run left join outcomes o on o.run = r.id',
      where: `l.state in (${marks})`,
      values: lives,
      id: 'l.run',
    });
  }
  return all;
}

function rowsOf(tx: Tx, source: Source, query: RunQuery, limit: number): RunRow[] {
  const where = [source.where];
  const values: SqlValue[] = [...source.values];
  const add = (condition: string, value: SqlValue | undefined) => {
    if (value === undefined) return;
    where.push(condition);
    values.push(value);
  };
  add(`${source.id} < ?`, query.cursor);
  add('r.job = ?', query.job);
  add('r.trigger = ?', query.trigger);
  add('r.id = (select run from keys where key = ?)', query.key);
  add('r.parent = ?', query.parent);
  add('r.schedule = ?', query.schedule);
  add('r.created_at >= ?', query.since);
  add('r.created_at < ?', query.until);
  if (query.since !== undefined) add(`${source.id} >= ?`, idSince(tx, query.since));
  if (query.until !== undefined) add(`${source.id} < ?`, idUntil(tx, query.until));
  // Ids alone stand close together in an index.
  const ids = `select id from runs indexed by runs_by_job where substr(id, -${query.tail?.length ?? 0}) = ?`;
  add(`${source.id} in (${ids})`, query.tail);
  // `+ 0`: else prepared anew for each page (due-runs.ts).
  return tx.db.all<RunRow>(
    `select ${listColumns} from ${source.from} where ${where.join(' and ')} order by ${source.id} desc limit ? + 0`,
    ...values,
    limit,
  );
}

import type { Run } from '../../job/run.ts';
import { isFinal, type RunState } from '../../job/state.ts';
import type { Page, RunQuery } from '../../ports/store-query.ts';
import { readInParts } from '../sql/page-parts.ts';
import type { RunRow } from '../sql/run-row.ts';
import { isStorable } from './bundle.ts';
import type { Connection, Row } from './connection.ts';
import { listColumns, type Value } from './dialect.ts';
import { runRow } from './read.ts';

/**
 * Newest first by id. A condition on the state reads the unfinished runs from `live` and each final state from its
 * index, and merges the pages: one condition over both would sort all matching runs.
 */
export function list(db: Connection, query: RunQuery): Promise<Page<Run>> {
  return readInParts(query, { isStorable, rowsOf: (rest, limit) => rowsOf(db, rest, limit) });
}

async function rowsOf(db: Connection, query: RunQuery, limit: number): Promise<RunRow[]> {
  const values: Value[] = [];
  const pages = sources(query.states).map(({ from, where, order }) => {
    const conditions = where.map((condition) => bound(condition, values));
    conditions.push(...conditionsOf(query, order).map((condition) => bound(condition, values)));
    return `(select ${listColumns} from ${from} where ${['true', ...conditions].join(' and ')}
      order by ${order} desc limit ${limit})`;
  });
  const rows = await db.query<Row>(
    pages.length === 1
      ? (pages[0] ?? '')
      : `select * from (${pages.join(' union all ')}) p order by id desc limit ${limit}`,
    values,
  );
  return rows.map(runRow);
}

/** A condition and what stands for its `?`. */
type Condition = readonly [sql: string, ...values: readonly Value[]];

function bound([sql, ...given]: Condition, values: Value[]): string {
  values.push(...given);
  return sql;
}

function conditionsOf(query: RunQuery, order: string): Condition[] {
  const conditions: Condition[] = [];
  if (query.cursor !== undefined) conditions.push([`${order} < ?`, query.cursor]);
  if (query.job !== undefined) conditions.push(['r.job = ?', query.job]);
  if (query.trigger !== undefined) conditions.push(['r.cause = ?', query.trigger]);
  if (query.key !== undefined) {
    conditions.push(['r.id = (select k.run from onejob_keys k where k.name = ?)', query.key]);
  }
  if (query.parent !== undefined) conditions.push(['r.parent = ?', query.parent]);
  if (query.schedule !== undefined) conditions.push(['r.schedule = ?', query.schedule]);
  if (query.since !== undefined) conditions.push(['r.created_at >= ?', query.since]);
  if (query.until !== undefined) conditions.push(['r.created_at < ?', query.until]);
  if (query.tail !== undefined) conditions.push(['right(r.id, char_length(?)) = ?', query.tail, query.tail]);
  return conditions;
}

interface Source {
  readonly from: string;
  readonly where: readonly Condition[];
  /** The column whose index gives the order. */
  readonly order: string;
}

function sources(states: readonly RunState[] | undefined): Source[] {
  if (states === undefined) {
    const from = 'onejob_runs r left join onejob_live l on l.run = r.id left join onejob_outcomes o on o.run = r.id';
    return [{ from, where: [], order: 'r.id' }];
  }
  const wanted = [...new Set(states)];
  const all: Source[] = wanted.filter(isFinal).map((state) => ({
    from: 'onejob_outcomes o straight_join onejob_runs r on r.id = o.run left join onejob_live l on l.run = o.run',
    where: [['o.state = ?', state]],
    order: 'o.run',
  }));
  const unfinished = wanted.filter((state) => !isFinal(state));
  if (unfinished.length > 0) {
    all.push({
      from: 'onejob_live l straight_join onejob_runs r on r.id = l.run left join onejob_outcomes o on o.run = l.run',
      where: [[`l.state in (${unfinished.map(() => '?').join(', ')})`, ...unfinished]],
      order: 'l.run',
    });
  }
  return all;
}

import type { Run } from '../../job/run.ts';
import { isFinal, type RunState } from '../../job/state.ts';
import type { Page, RunQuery } from '../../ports/store-query.ts';
import { readInParts } from '../sql/page-parts.ts';
import type { RunRow } from '../sql/run-row.ts';
import { isStorable } from './bundle.ts';
import type { Connection } from './connection.ts';
import { listColumns } from './read.ts';

/**
 * Newest first by id. A condition on the state reads the unfinished runs from `live` and each final state from its
 * index, and merges the pages: one condition over both would sort all matching runs.
 */
export function list(db: Connection, query: RunQuery): Promise<Page<Run>> {
  return readInParts(query, { isStorable, rowsOf: (rest, limit) => rowsOf(db, rest, limit) });
}

function rowsOf(db: Connection, query: RunQuery, limit: number): Promise<RunRow[]> {
  const values: unknown[] = [];
  const bind = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
  const conditions = conditionsOf(db, query, bind);
  const pages = sources(db, query.states, bind).map(
    ({ from, where, order }) =>
      `(select ${listColumns} from ${from} where ${[...where, ...conditions].join(' and ')}
        order by ${order} desc limit ${limit})`,
  );
  return db.query<RunRow>(
    `select * from (${pages.join(' union all ')}) p order by id collate "C" desc limit ${limit}`,
    values,
  );
}

type Bind = (value: unknown, type: string) => string;

function conditionsOf({ schema }: Connection, query: RunQuery, bind: Bind): string[] {
  const conditions: string[] = [];
  if (query.cursor !== undefined) conditions.push(`r.id < ${bind(query.cursor, 'text')}`);
  if (query.job !== undefined) conditions.push(`r.job = ${bind(query.job, 'text')}`);
  if (query.trigger !== undefined) conditions.push(`r.trigger = ${bind(query.trigger, 'text')}`);
  if (query.key !== undefined) {
    conditions.push(`r.id = (select run from ${schema}.keys where key = ${bind(query.key, 'text')})`);
  }
  if (query.parent !== undefined) conditions.push(`r.parent = ${bind(query.parent, 'text')}`);
  if (query.schedule !== undefined) conditions.push(`r.schedule = ${bind(query.schedule, 'text')}`);
  if (query.since !== undefined) conditions.push(`r.created_at >= ${bind(query.since, 'bigint')}`);
  if (query.until !== undefined) conditions.push(`r.created_at < ${bind(query.until, 'bigint')}`);
  if (query.tail !== undefined) {
    const tail = bind(query.tail, 'text');
    conditions.push(`right(r.id, char_length(${tail})) = ${tail}`);
  }
  return conditions;
}

interface Source {
  readonly from: string;
  readonly where: readonly string[];
  /** The column whose index gives the order. */
  readonly order: string;
}

function sources({ schema }: Connection, states: readonly RunState[] | undefined, bind: Bind): Source[] {
  const [runs, live, outcomes] = [`${schema}.runs r`, `${schema}.live l`, `${schema}.outcomes o`];
  if (states === undefined) {
    const from = `${runs} left join ${live} on l.run = r.id left join ${outcomes} on o.run = r.id`;
    return [{ from, where: ['true'], order: 'r.id' }];
  }
  const wanted = [...new Set(states)];
  const all: Source[] = wanted.filter(isFinal).map((state) => ({
    from: `${outcomes} join ${runs} on r.id = o.run left join ${live} on l.run = o.run`,
    where: [`o.state = ${bind(state, 'text')}`],
    order: 'o.run',
  }));
  const unfinished = wanted.filter((state) => !isFinal(state));
  if (unfinished.length > 0) {
    all.push({
      from: `${live} join ${runs} on r.id = l.run left join ${outcomes} on o.run = l.run`,
      where: [`l.state = any(${bind(unfinished, 'text[]')})`],
      order: 'l.run',
    });
  }
  return all;
}

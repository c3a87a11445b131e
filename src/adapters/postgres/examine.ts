import type { Examination, Finding } from '../../ports/upkeep.ts';
import { checkClock } from '../sql/clock-check.ts';
import type { Connection } from './connection.ts';

/**
 * One question for all; what a user of few rights may not see is null in it. A transaction that is open for `oldMs` is
 * no longer work.
 */
export async function examine(db: Connection, { oldMs = 15 * 60_000 } = {}): Promise<Examination> {
  const before = Date.now();
  const [row] = await db.query<Row>(question, [db.schema.slice(1, -1).replaceAll('""', '"'), oldMs]);
  const after = Date.now();
  if (row === undefined) throw new Error('the server answered nothing');
  return {
    server: `PostgreSQL ${row.version}`,
    bytes: row.bytes,
    findings: [
      checkClock({ before, after, server: row.now }),
      checkConnections(row),
      checkRole(row),
      checkCommit(row),
      checkVacuum(row),
      ...checkTransactions(row),
      ...checkTimeouts(row),
    ],
  };
}

interface Row {
  readonly version: string;
  readonly now: number;
  readonly bytes: number | null;
  readonly used: number;
  readonly max_connections: number;
  readonly standby: boolean;
  readonly fsync: string;
  readonly commit: string;
  readonly autovacuum: string;
  readonly statement_timeout: number;
  readonly dead: number;
  readonly rows: number;
  readonly old: readonly { pid: number; app: string; who: string; state: string; minutes: number }[];
  readonly prepared: readonly { gid: string; minutes: number }[];
}

/** $1: the schema, $2: from which age in milliseconds a transaction is named. */
const question = /* sql */ `
select
  current_setting('server_version') as version,
  floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now,
  (select sum(pg_total_relation_size(c.oid))::bigint from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = $1 and c.relkind = 'r') as bytes,
  (select count(*) from pg_stat_activity where backend_type = 'client backend') as used,
  current_setting('max_connections')::integer as max_connections,
  pg_is_in_recovery() as standby,
  current_setting('fsync') as fsync,
  current_setting('synchronous_commit') as commit,
  current_setting('autovacuum') as autovacuum,
  (select setting::integer from pg_settings where name = 'statement_timeout') as statement_timeout,
  coalesce((select sum(n_dead_tup) from pg_stat_user_tables where schemaname = $1), 0)::bigint as dead,
  coalesce((select sum(n_live_tup) from pg_stat_user_tables where schemaname = $1), 0)::bigint as rows,
  coalesce((select json_agg(json_build_object('pid', pid, 'app', application_name, 'who', usename, 'state', state,
      'minutes', floor(extract(epoch from clock_timestamp() - xact_start) / 60)) order by xact_start)
    from pg_stat_activity
    where xact_start < clock_timestamp() - $2 * interval '1 millisecond' and backend_type = 'client backend'
      and pid <> pg_backend_pid()), '[]') as old,
  coalesce((select json_agg(json_build_object('gid', gid,
      'minutes', floor(extract(epoch from clock_timestamp() - prepared) / 60)) order by prepared)
    from pg_prepared_xacts
    where database = current_database() and prepared < clock_timestamp() - $2 * interval '1 millisecond'), '[]')
    as prepared
`;

function checkConnections({ used, max_connections: max }: Row): Finding {
  const text = `${used} of ${max} connections are in use`;
  if (used < max * 0.8) return { grade: 'ok', text };
  const hint =
    'raise max_connections, lower the pools, or put PgBouncer in between; each process of onejob takes up to 6';
  return { grade: 'warn', text, hint };
}

function checkRole({ standby }: Row): Finding {
  if (!standby) return { grade: 'ok', text: 'the server takes writes' };
  return {
    grade: 'fail',
    text: 'the server is a standby and read-only',
    hint: 'name the primary in the URL of the store',
  };
}

function checkCommit({ fsync, commit }: Row): Finding {
  const lost = 'what was committed can be lost, steps then run again';
  if (fsync === 'off') {
    return { grade: 'fail', text: `fsync is off: when the machine stops, ${lost}`, hint: 'set fsync = on' };
  }
  if (commit === 'off') {
    const hint = "set synchronous_commit = on, at least: alter role … set synchronous_commit = 'on'";
    return { grade: 'warn', text: `synchronous_commit is off: when the server crashes, ${lost}`, hint };
  }
  return { grade: 'ok', text: `a commit is on disk when it is answered (synchronous_commit = ${commit})` };
}

function checkVacuum({ autovacuum, dead, rows }: Row): Finding {
  if (autovacuum === 'off') {
    return { grade: 'warn', text: 'autovacuum is off: tables grow and claims get slow', hint: 'set autovacuum = on' };
  }
  if (dead > 200_000 && dead > rows) {
    const hint = 'look for long transactions below; then: vacuum analyze';
    return { grade: 'warn', text: `${dead} dead rows wait for vacuum beside ${rows} living ones`, hint };
  }
  return { grade: 'ok', text: `vacuum keeps up: ${dead} dead rows` };
}

function checkTransactions({ old, prepared }: Row): Finding[] {
  const holds = 'holds back vacuum, which makes claims slow';
  return [
    ...old.map(({ pid, app, who, state, minutes }): Finding => {
      const name = [who, app].filter(Boolean).join(', ');
      const text = `a transaction is open for ${minutes} min (pid ${pid}, ${name}, ${state}) and ${holds}`;
      return { grade: 'warn', text, hint: `end it: select pg_terminate_backend(${pid})` };
    }),
    ...prepared.map(({ gid, minutes }): Finding => {
      const text = `the prepared transaction ${gid} waits for ${minutes} min and ${holds}`;
      return { grade: 'warn', text, hint: `end it: rollback prepared '${gid}'` };
    }),
  ];
}

/** A group of the journal is one statement of some milliseconds; a crowded server may need much longer. */
function checkTimeouts({ statement_timeout: ms }: Row): Finding[] {
  if (ms === 0 || ms >= 5_000) return [];
  const text = `statement_timeout is ${ms} ms: on a busy server groups of work are cancelled and sent again`;
  return [{ grade: 'warn', text, hint: 'give the user of the store 30 s: alter role … set statement_timeout = 30000' }];
}

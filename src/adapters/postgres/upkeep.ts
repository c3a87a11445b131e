import { OnejobError } from '../../job/errors.ts';
import type { PrunePolicy } from '../../ports/store-query.ts';
import { pruneLimits } from '../sql/prune-limits.ts';
import type { Connection } from './connection.ts';

/** Those that `prune_v1` would take if nobody set it a limit. */
export async function prunable(db: Connection, policy: PrunePolicy): Promise<number> {
  const rows = await db.query<{ runs: number }>(
    `with policy as (
       select p.*, (select o.run from ${db.schema}.outcomes o where o.state = p.state
                    order by o.run desc offset p.runs limit 1) edge
       from json_to_recordset($1::json) p(state text, ms bigint, runs bigint))
     select count(*) runs
     from policy p
     join ${db.schema}.outcomes o on o.state = p.state
     join ${db.schema}.runs r on r.id = o.run
     where (o.finished_at < ${db.schema}.now_ms() - p.ms or o.run <= p.edge)
       and not exists (select from ${db.schema}.live l where l.run = r.parent)
       and not exists (select from ${db.schema}.live l where l.parent = o.run)`,
    [JSON.stringify(pruneLimits(policy))],
  );
  return rows[0]?.runs ?? 0;
}

/** A copy of a schema is the trade of the server's own tool. @throws CONFIG_INVALID always, with its line */
export function refuseBackup(db: Connection, path: string): never {
  const [shown = ''] = db.url.split('?');
  const file = /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  throw new OnejobError('CONFIG_INVALID', 'a store in PostgreSQL is backed up with the tools of its server', {
    hint: `pg_dump --format=custom --schema='${db.schema}' --file=${file} ${shown}`,
  });
}

/** Refuses to restore, and names the tool of the server that does. */
export function refuseRestore(db: Connection, path: string): never {
  const [shown = ''] = db.url.split('?');
  throw new OnejobError('CONFIG_INVALID', 'a store in PostgreSQL is brought back with the tools of its server', {
    hint: `stop all that work with it, then: pg_restore --clean --dbname=${shown} '${path.replaceAll("'", `'\\''`)}'`,
  });
}

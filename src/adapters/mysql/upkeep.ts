import { OnejobError } from '../../job/errors.ts';
import type { PrunePolicy } from '../../ports/store-query.ts';
import { pruneLimits } from '../sql/prune-limits.ts';
import type { Connection } from './connection.ts';
import { isRead, now } from './dialect.ts';

/** Those that `prune_v1` would take if nobody set it a limit. */
export async function prunable(db: Connection, policy: PrunePolicy): Promise<number> {
  let runs = 0;
  for (const { state, ms, runs: kept } of pruneLimits(policy)) {
    const [row] = await db.query<{ runs: number }>(
      `select count(*) runs
       from onejob_outcomes o straight_join onejob_runs r on r.id = o.run
       where o.state = ? and (o.finished_at < ${now} - ? or o.run <= (
           select e.run from (
             select x.run, row_number() over (order by x.run desc) place from onejob_outcomes x where x.state = ?
           ) e where e.place = ? + 1))
         and not ${isRead}`,
      [state, ms, state, kept],
    );
    runs += row?.runs ?? 0;
  }
  return runs;
}

/** A copy of tables is the trade of the server's own tool. @throws CONFIG_INVALID always, with its line */
export function refuseBackup({ url, names }: Pick<Connection, 'url' | 'names'>, path: string): never {
  const file = /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  throw new OnejobError('CONFIG_INVALID', 'a store in MySQL is backed up with the tools of its server', {
    hint: `mysqldump${serverOf(url)} --single-transaction --routines --result-file=${file} ${names.database}`.trimEnd(),
  });
}

/** Refuses to restore, and names the tool of the server that does. */
export function refuseRestore({ url, names }: Pick<Connection, 'url' | 'names'>, path: string): never {
  throw new OnejobError('CONFIG_INVALID', 'a store in MySQL is brought back with the tools of its server', {
    hint: `stop all that work with it, then: mysql${serverOf(url)} ${names.database} < '${path.replaceAll("'", `'\\''`)}'`,
  });
}

/** Nothing of a pool: only its program knows where it leads. Else the tool would ask the server of this machine. */
function serverOf(url: string): string {
  const { hostname, port, username } = new URL(url);
  if (username === '' && hostname === 'pool') return '';
  const user = username === '' ? '' : ` --user=${decodeURIComponent(username)}`;
  return ` --host=${hostname.replaceAll(/[[\]]/g, '')} --port=${port || 3306}${user} --password`;
}

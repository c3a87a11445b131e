import pg from 'pg';
import { postgresUrl } from './servers.ts';
import { until } from './until.ts';

export interface ClaimWindow {
  /** Resolves when a claim has found its candidates and holds no lock on any of them. */
  found(): Promise<void>;
  /** Lets the claim go on, and all later ones. */
  close(): Promise<void>;
}

/** Lets claims of several lines in this schema of PostgreSQL wait between finding runs and locking them. */
export async function openClaimWindow(schema: string): Promise<ClaimWindow> {
  const client = new pg.Client({ connectionString: postgresUrl() });
  await client.connect();
  const { rows } = await client.query<{ text: string; key: string }>(
    `select pg_get_functiondef(to_regproc($1)) text, hashtextextended($1, 0) as key`,
    [`${schema}.claim_v1`],
  );
  const { text, key } = rows[0]!;
  const gate = text.replaceAll(
    'select * from candidates order by',
    `select *, pg_advisory_xact_lock_shared(${key}) from candidates order by`,
  );
  if (gate === text) throw new Error('claim_v1 takes its candidates otherwise now');
  await client.query(gate);
  await client.query('select pg_advisory_lock($1)', [key]);
  return {
    async found() {
      await until('a claim waits at the window', async () => {
        const { rowCount } = await client.query(
          `select from pg_locks where locktype = 'advisory' and not granted
           and classid = ($1::bigint >> 32 & 4294967295)::oid and objid = ($1::bigint & 4294967295)::oid`,
          [key],
        );
        return rowCount === 1;
      });
    },
    async close() {
      await client.query(text);
      await client.end();
    },
  };
}

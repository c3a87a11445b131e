import mysql from 'mysql2/promise';
import { expect, test } from 'vitest';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import { newRuns } from '../../src/testing/store-contract/harness/builders.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';

const history = 20_000;

/** Runs that ended, one each 10 ms until now; every tenth failed. */
const fill = [
  `insert into onejob_runs (id, job, queue, cause, priority, max_crashes, trace_id, created_at, born)
   with recursive numbers as (select 1 n union all select n + 1 from numbers where n < ${history})
   select concat('0-', lpad(n, 8, '0')), 'work', 'default', 'api', 0, 3, '', 0, 0 from numbers`,
  `insert into onejob_outcomes (run, state, attempt, crashes, epoch, generation, mailbox_seq, started_at, finished_at)
   with recursive numbers as (select 1 n union all select n + 1 from numbers where n < ${history})
   select concat('0-', lpad(n, 8, '0')), if(n % 10 = 0, 'failed', 'succeeded'), 1, 0, 1, 0, 0, 0,
     unix_timestamp() * 1000 - 10 * (${history} - n) from numbers`,
];

test('stats read few rows of a long line and of a long history', async () => {
  const fixture = await openMysqlFixture();
  const pool = mysql.createPool({ uri: fixture.url, connectionLimit: 1 });
  try {
    await fixture.store.migrate();
    await pool.query('set session max_recursive_iterations = 1000000').catch(() => undefined);
    await pool.query('set session cte_max_recursion_depth = 1000000').catch(() => undefined);
    for (const statement of fill) await pool.query(statement);
    for (const job of ['a', 'b', 'c']) {
      await fixture.store.submit(newRuns(1_000, { job }));
      await fixture.store.submit(newRuns(1_000, { job, delayMs: 3_600_000 }));
    }
    const store = await openMysqlStore({ pool });
    const before = await rowsRead(pool);
    const { live, ended } = await store.stats({ windowMs: 3_600_000, parts: 24, atMost: 100 });
    const read = (await rowsRead(pool)) - before;

    expect(live.isPartial).toBe(true);
    expect(live.jobs.map(({ job, due, later }) => `${job} ${due} ${later}`)).toEqual([
      'a 100 100',
      'b 100 100',
      'c 100 100',
    ]);
    expect([ended.outcomes.succeeded.runs, ended.outcomes.failed.runs]).toEqual([1_000, 1_000]);
    expect(ended.jobsSince).toBeGreaterThan(ended.since);
    // 600 of the lines, 2,000 ends that are counted, 200 with their jobs; some of it again in tables of the server itself.
    expect(read).toBeLessThan(history / 2);
    await store.close();
  } finally {
    await pool.end();
    await fixture.close();
  }
}, 120_000);

async function rowsRead(pool: mysql.Pool): Promise<number> {
  const [rows] = await pool.query<mysql.RowDataPacket[]>(`show session status like 'Handler\\_read\\_%'`);
  return rows.reduce((sum, row) => sum + Number(row['Value']), 0);
}

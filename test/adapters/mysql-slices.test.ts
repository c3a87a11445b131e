import mysql from 'mysql2/promise';
import { expect, test } from 'vitest';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { aRegistration, aRun } from '../support/store-values.ts';

const backlog = 100_000;

/** `count` queued runs, due in `seconds`. Only the line of work: a claim looks at nothing else before it has chosen. */
function fill(job: string, count: number, seconds: number, suspect = 0): string {
  return `insert into onejob_live (run, job, queue, priority, due_at, state, max_crashes, suspect)
    with recursive numbers as (select 1 n union all select n + 1 from numbers where n < ${count})
    select concat('${suspect}-${job}-', lpad(n, 8, '0')), '${job}', 'default', 0,
      unix_timestamp() * 1000 + ${seconds} * 1000, 'queued', 3, ${suspect} from numbers`;
}

test('a claim reads what it takes, not the 400,000 runs in front that it cannot have', async () => {
  const fixture = await openMysqlFixture();
  const pool = mysql.createPool({ uri: fixture.url, connectionLimit: 1 });
  try {
    await fixture.store.migrate();
    const worker = aRegistration({ jobs: ['work', 'paused'] });
    await fixture.store.registerWorker(worker);
    await pool.query('set session max_recursive_iterations = 1000000').catch(() => undefined);
    await pool.query('set session cte_max_recursion_depth = 1000000').catch(() => undefined);
    await pool.query(fill('work', backlog, 3_600));
    await pool.query(fill('unknown to it', backlog, -60));
    await pool.query(fill('paused', backlog, -60));
    await pool.query(fill('work', backlog, -60, 1));
    const asked = { id: 'ask 1', actor: 'ann', reason: null, until: null };
    await fixture.store.act([{ ...asked, kind: 'pause', target: { type: 'job', name: 'paused' } }]);
    const runs = [aRun(), aRun({ priority: 5 }), aRun()];
    await fixture.store.submit(runs);

    const store = await openMysqlStore({ pool });
    const terms = { timeoutMs: null, deadlineMs: null, maxCrashes: 3, callbacks: 'none' } as const;
    const jobs = ['work', 'paused'].map((name) => ({ name, ...terms }));
    const before = await rowsRead(pool);
    const { claims, nextDueAt, now } = await store.claim({ number: 1, worker: worker.id, jobs, free: 10, turn: 0 });
    const read = (await rowsRead(pool)) - before;

    expect(claims.map(({ run }) => run)).toEqual([runs[1]!.id, runs[0]!.id, runs[2]!.id]);
    expect(nextDueAt! - now).toBeGreaterThan(3_000_000);
    // Of all tables, also those that the server makes of the lists that it is given.
    expect(read).toBeLessThan(600);
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

import mysql from 'mysql2/promise';
import { expect, test } from 'vitest';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import { termsOf } from '../../src/testing/store-contract/builders.ts';
import { openMysqlGround } from '../support/mysql-ground.ts';
import { anEnrolment, aRun } from '../support/store-values.ts';
import { until } from '../support/until.ts';

const dead = 200_000;

test(
  'with a transaction held open a claim does not walk over all that was taken since, and finds what lies elsewhere',
  { timeout: 300_000 },
  async () => {
    const ground = await openMysqlGround();
    const pool = mysql.createPool({ uri: ground.url, connectionLimit: 1 });
    const holder = await mysql.createConnection(ground.url);
    try {
      await ground.store.migrate();
      await holder.query('start transaction with consistent snapshot');
      await pool.query('set session max_recursive_iterations = 1000000').catch(() => undefined);
      await pool.query('set session cte_max_recursion_depth = 1000000').catch(() => undefined);
      await pool.query(`insert into onejob_live (run, job, queue, priority, due_at, state, max_crashes)
        with recursive numbers as (select 1 n union all select n + 1 from numbers where n < ${dead})
        select concat('r', n), 'work', 'default', 0, unix_timestamp() * 1000 - 60000, 'queued', 3 from numbers`);
      await pool.query('delete from onejob_live');
      const worker = anEnrolment({ jobs: ['work'] });
      await ground.store.enrol(worker);

      /** Of the last claim: whether it looked at a part of the lines only. */
      let wasPart = false;
      const store = await openMysqlStore({ pool: watched(pool, (sql) => (wasPart = / \d+\)$/.test(sql))) });
      const claim = async () => {
        const { claims } = await store.claim({ worker: worker.id, jobs: [termsOf('work')], free: 10, turn: 0 });
        return claims.map(({ run }) => run);
      };
      await until('claims that take long begin where the last one ended', async () => {
        const run = aRun({ job: 'work' });
        await ground.store.submit([run]);
        expect(await claim()).toEqual([run.id]);
        return wasPart;
      });

      const [now, past, other] = [
        aRun({ job: 'work' }),
        aRun({ job: 'work', dueAt: Date.now() - 3_600_000 }),
        aRun({ job: 'work', priority: 5 }),
      ];
      const soon = aRun({ job: 'work', delayMs: 1_000 });
      await ground.store.submit([now, past, other, soon]);
      const got = new Set<string>();
      await until('all are found, what lies behind or in a line of its own too', async () => {
        for (const run of await claim()) got.add(run);
        return got.size === 4;
      });
      await until('and claims look at a part again', async () => {
        await claim();
        return wasPart;
      });
    } finally {
      await Promise.all([holder.end(), pool.end()]);
      await ground.close();
    }
  },
);

/** A pool that tells what claims are asked. */
function watched(pool: mysql.Pool, onClaim: (sql: string) => void) {
  return {
    async getConnection() {
      const connection = await pool.getConnection();
      return {
        query(question: { sql: string }) {
          if (question.sql.includes('claim_v1')) onClaim(question.sql);
          return connection.query(question);
        },
        release: () => connection.release(),
        destroy: () => connection.destroy(),
      };
    },
    end: async () => undefined,
  };
}

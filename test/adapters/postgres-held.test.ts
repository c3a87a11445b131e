import pg from 'pg';
import { expect, test } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import { termsOf } from '../../src/testing/store-contract/harness/builders.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { postgresUrl } from '../support/servers.ts';
import { aRegistration, aRun } from '../support/store-values.ts';
import { until } from '../support/until.ts';

const dead = 50_000;

test(
  'with a transaction held open a claim does not walk over all that was taken since',
  { timeout: 120_000 },
  async () => {
    const fixture = await openPostgresFixture();
    const { schema, admin } = fixture;
    const [holder, client] = [newClient(), newClient()];
    await Promise.all([holder.connect(), client.connect()]);
    try {
      await fixture.store.migrate();
      await holder.query('begin isolation level repeatable read');
      await holder.query(`select from ${schema}.meta`);
      await admin.query(`insert into ${schema}.live (run, job, queue, priority, due_at, state, max_crashes)
      select 'r' || n, 'work', 'default', 0, ${schema}.now_ms() - 60000, 'queued', 3 from generate_series(1, ${dead}) n`);
      await admin.query(`delete from ${schema}.live`);
      const worker = aRegistration({ jobs: ['work'] });
      await fixture.store.registerWorker(worker);

      let read = 0;
      const store = await openPostgresStore({
        schema,
        pool: {
          async query(question) {
            await client.query('begin');
            const answer = await client.query(question as pg.QueryConfig);
            const { rows } = await client.query<{ read: string }>(
              `select pg_stat_get_xact_tuples_returned('${schema}.live_slice'::regclass) as read`,
            );
            await client.query('commit');
            read = Number(rows[0]?.read);
            return answer;
          },
          end: async () => undefined,
        },
      });
      let number = 0;
      const claim = async () => {
        const { claims } = await store.claim({
          number: ++number,
          worker: worker.id,
          jobs: [termsOf('work')],
          free: 10,
          turn: 0,
        });
        return claims.map(({ run }) => run);
      };
      const first = aRun({ job: 'work' });
      await fixture.store.submit([first]);
      expect(await claim()).toEqual([first.id]);
      expect(read).toBeGreaterThan(dead);

      const [now, past, other] = [
        aRun({ job: 'work' }),
        aRun({ job: 'work', dueAt: Date.now() - 3_600_000 }),
        aRun({ job: 'work', priority: 5 }),
      ];
      await fixture.store.submit([now, past, other]);
      const got = new Set<string>();
      await until('all are found, what lies behind or in a line of its own too', async () => {
        for (const run of await claim()) got.add(run);
        return got.size === 3;
      });
      // A claim that comes late looks at everything; one that follows it at once does not.
      await until('a claim reads little', async () => {
        await claim();
        return read < 500;
      });
    } finally {
      await Promise.all([holder.end(), client.end()]);
      await fixture.close();
    }
  },
);

function newClient(): pg.Client {
  return new pg.Client({ connectionString: postgresUrl() });
}

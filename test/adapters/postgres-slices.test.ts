import pg from 'pg';
import { expect, test } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import { termsOf } from '../../src/testing/store-contract/harness/builders.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { postgresUrl } from '../support/servers.ts';
import { aRegistration, aRun } from '../support/store-values.ts';

const backlog = 100_000;

/** `count` queued runs, due in `seconds`. Only the line of work: a claim looks at nothing else before it has chosen. */
function fill(schema: string, job: string, count: number, seconds: number, suspect = 0): string {
  return `insert into ${schema}.live (run, job, queue, priority, due_at, state, max_crashes, suspect)
    select '${suspect}' || ${schema}.now_ms() || '-${job}-' || lpad(n::text, 8, '0'), '${job}', 'default', 0,
      ${schema}.now_ms() + ${seconds} * 1000, 'queued', 3, ${suspect} from generate_series(1, ${count}) n`;
}

test('a claim reads what it takes, not the 400,000 runs in front that it cannot have', async () => {
  const fixture = await openPostgresFixture();
  const client = new pg.Client({ connectionString: postgresUrl() });
  await client.connect();
  try {
    await fixture.store.migrate();
    const { schema, admin } = fixture;
    const worker = aRegistration({ jobs: ['work', 'paused'] });
    await fixture.store.registerWorker(worker);
    await admin.query(fill(schema, 'work', backlog, 3_600));
    await admin.query(fill(schema, 'unknown to it', backlog, -60));
    await admin.query(fill(schema, 'paused', backlog, -60));
    await admin.query(fill(schema, 'work', backlog, -60, 1));
    const asked = { id: 'ask 1', actor: 'ann', reason: null, until: null };
    await fixture.store.act([{ ...asked, kind: 'pause', target: { type: 'job', name: 'paused' } }]);
    const runs = [aRun(), aRun({ priority: 5 }), aRun()];
    await fixture.store.submit(runs);

    const store = await openPostgresStore({
      schema,
      pool: { query: (question) => client.query(question as pg.QueryConfig), end: async () => undefined },
    });
    await client.query('begin');
    const jobs = ['work', 'paused'].map((job) => termsOf(job));
    const { claims, nextDueAt, now } = await store.claim({ number: 1, worker: worker.id, jobs, free: 10, turn: 0 });
    const { rows } = await client.query<{ read: string }>(`
      select coalesce(pg_stat_get_xact_tuples_returned('${schema}.live'::regclass), 0)
        + (select sum(pg_stat_get_xact_tuples_returned(indexrelid)) from pg_index
           where indrelid = '${schema}.live'::regclass) as read`);
    await client.query('rollback');

    expect(claims.map(({ run }) => run)).toEqual([runs[1]!.id, runs[0]!.id, runs[2]!.id]);
    expect(nextDueAt! - now).toBeGreaterThan(3_000_000);
    expect(Number(rows[0]!.read)).toBeLessThan(200);
  } finally {
    await client.end();
    await fixture.close();
  }
});

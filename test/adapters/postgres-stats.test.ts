import { expect, test } from 'vitest';
import { countQuery, edgeQuery, groupQuery, liveQuery } from '../../src/adapters/postgres/stats.ts';
import { newRuns } from '../../src/testing/store-contract/harness/builders.ts';
import { type Plan, scansOf } from '../support/plan-rows.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';

const history = 30_000;
const states = `array['succeeded', 'failed', 'cancelled']`;

/** Runs that ended, one each 10 ms until now; every tenth failed. */
function fill(schema: string): string {
  const id = `'0-' || lpad(n::text, 8, '0')`;
  const numbers = `generate_series(1, ${history}) n`;
  return `
    insert into ${schema}.runs (id, job, queue, trigger, priority, max_crashes, trace_id, created_at)
    select ${id}, 'work', 'default', 'api', 0, 3, '', 0 from ${numbers};
    insert into ${schema}.outcomes (run, state, attempt, crashes, epoch, generation, mailbox_seq, started_at, finished_at)
    select ${id}, case when n % 10 = 0 then 'failed' else 'succeeded' end, 1, 0, 1, 0, 0, t - 5, t
    from ${numbers} cross join lateral (select ${schema}.now_ms() - 10 * (${history} - n) t) x;
    vacuum analyze ${schema}.runs;
    vacuum analyze ${schema}.outcomes;
    vacuum analyze ${schema}.live;`;
}

test('stats read few rows of a long line and of a long history', async () => {
  const { store, schema, admin, close } = await openPostgresFixture();
  const rowsRead = async (query: string, ...values: (string | number)[]) => {
    const text = values.reduce<string>((sql, value, i) => sql.replaceAll(`$${i + 1}`, String(value)), query);
    const { rows } = await admin.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (analyze, format json) ${text}`);
    const scans = scansOf(rows[0]!['QUERY PLAN'][0].Plan);
    expect(scans.filter(({ kind }) => kind === 'Seq Scan')).toEqual([]);
    return scans.reduce((sum, scan) => sum + scan.rows, 0);
  };
  try {
    await store.migrate();
    for (const job of ['a', 'b', 'c']) {
      await store.submit(newRuns(1_000, { job }));
      await store.submit(newRuns(1_000, { job, delayMs: 3_600_000 }));
      await store.submit(newRuns(1_000, { job, priority: 5 }));
    }
    for (const statement of fill(schema).split(';')) await admin.query(statement);

    // Six lines of twenty runs due and twenty that come later, and three seeks from each line to the next.
    expect(await rowsRead(liveQuery(schema), 20)).toBeLessThan(2 * 6 * 20 + 6 * 3 * 2 + 10);
    const since = `(${schema}.now_ms() - 3600000)`;
    expect(await rowsRead(countQuery(schema), states, since, 150_000, 2_000)).toBeLessThanOrEqual(2 * 2_000);
    expect(await rowsRead(edgeQuery(schema), states, since, 200)).toBeLessThanOrEqual(2 * 201);
    // Each with its job.
    expect(await rowsRead(groupQuery(schema), states, since, 200)).toBeLessThanOrEqual(2 * 2 * 200);

    if (!store.stats) throw new Error('the store tells no stats');
    const { live, ended } = await store.stats({ windowMs: 3_600_000, parts: 24, atMost: 200 });
    expect(live.isPartial).toBe(true);
    expect(live.jobs.map(({ job, due, later }) => `${job} ${due} ${later}`)).toEqual([
      'a 400 200',
      'b 400 200',
      'c 400 200',
    ]);
    expect([ended.outcomes.succeeded.runs, ended.outcomes.failed.runs]).toEqual([2_000, 2_000]);
    expect(ended.jobsSince).toBeGreaterThan(ended.since);
    expect(ended.jobs.map(({ job }) => job)).toEqual(['work']);
  } finally {
    await close();
  }
}, 120_000);

import { expect, test } from 'vitest';
import { backlogQuery } from '../../src/adapters/postgres/backlog.ts';
import { newRuns } from '../../src/testing/store-contract/harness/builders.ts';
import { type Plan, scansOf } from '../support/plan-rows.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';

test('what waits is counted from few rows of a long line, and none of those that have ended', async () => {
  const { store, schema, admin, close } = await openPostgresFixture();
  try {
    await store.migrate();
    for (const job of ['a', 'b', 'c']) {
      await store.submit(newRuns(1_000, { job }));
      await store.submit(newRuns(1_000, { job, delayMs: 3_600_000 }));
      await store.submit(newRuns(1_000, { job, priority: 5 }));
    }
    await admin.query(`vacuum analyze ${schema}.live`);
    const { rows } = await admin.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, format json) ${backlogQuery(schema).replace('$1', '20')}`,
    );
    const scans = scansOf(rows[0]!['QUERY PLAN'][0].Plan).filter(({ table }) => table === 'live');
    expect(scans.filter(({ kind }) => kind === 'Seq Scan')).toEqual([]);
    // Six lines of twenty runs, and three seeks from each to the next.
    expect(scans.reduce((sum, scan) => sum + scan.rows, 0)).toBeLessThan(6 * 20 + 6 * 3 * 2 + 10);
    expect((await store.backlog?.({ atMost: 20 }))?.jobs.map(({ job, due }) => `${job} ${due}`)).toEqual([
      'a 40',
      'b 40',
      'c 40',
    ]);
  } finally {
    await close();
  }
}, 60_000);

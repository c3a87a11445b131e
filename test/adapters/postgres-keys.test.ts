import { expect, test } from 'vitest';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { aRun } from '../support/store-values.ts';
import { until } from '../support/until.ts';

test('a submit whose key is being freed waits for that and gets the key', async () => {
  const fixture = await openPostgresFixture();
  const { schema, admin, store } = fixture;
  try {
    await store.migrate();
    await store.submit([aRun({ key: 'k', job: 'another' })]);
    const pruning = await admin.connect();
    await pruning.query(`begin; delete from ${schema}.keys where key = 'k'`);
    const run = aRun({ key: 'k' });
    const submitted = store.submit([run, aRun({ key: 'free' })]);
    const second = await fixture.second();
    await until('the submit waits', async () => {
      const { rows } = await pruning.query<{ n: string }>(
        `select count(*) n from pg_stat_activity where wait_event_type = 'Lock' and query like '%${schema}%create_v1%'`,
      );
      return Number(rows[0]?.n) === 1;
    });
    await pruning.query('commit');
    pruning.release();
    const verdicts = (await submitted).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(['created', 'created']);
    expect((await second.get(['k']))[0]?.id).toBe(run.id);
  } finally {
    await fixture.close();
  }
});

import { test } from 'vitest';
import { contend } from '../support/contention.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';

test('calls that get in each other’s way all find an end, and leave no contradiction behind', async () => {
  const fixture = await openMysqlFixture();
  try {
    await fixture.store.migrate();
    await contend(fixture, {
      query: async (question) => (await fixture.admin.query(question))[0] as unknown[],
      table: (name) => `onejob_${name}`,
      isHeld: "worker <> ''",
    });
  } finally {
    await fixture.close();
  }
}, 120_000);

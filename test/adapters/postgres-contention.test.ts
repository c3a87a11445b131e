import { test } from 'vitest';
import { contend } from '../support/contention.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';

test('calls that get in each other’s way all find an end, and leave no contradiction behind', async () => {
  const fixture = await openPostgresFixture();
  try {
    await fixture.store.migrate();
    await contend(fixture, {
      query: async (question) => (await fixture.admin.query<Record<string, unknown>>(question)).rows,
      table: (name) => `${fixture.schema}.${name}`,
      isHeld: 'worker is not null',
    });
  } finally {
    await fixture.close();
  }
}, 120_000);

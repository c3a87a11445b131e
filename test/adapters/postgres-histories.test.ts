import { describeHistories } from '../support/histories.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { takeOverClock } from '../support/test-clock.ts';

describeHistories('PostgreSQL', async () => {
  const { store, schema, admin, close } = await openPostgresFixture({ isUsed: true });
  await store.migrate();
  return { store, close, setNow: await takeOverClock(admin, schema) };
});

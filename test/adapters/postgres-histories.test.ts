import { describeHistories } from '../support/histories.ts';
import { openPostgresGround } from '../support/postgres-ground.ts';
import { takeOverClock } from '../support/test-clock.ts';

describeHistories('PostgreSQL', async () => {
  const { store, schema, admin, close } = await openPostgresGround({ isUsed: true });
  await store.migrate();
  return { store, close, setNow: await takeOverClock(admin, schema) };
});

import { test } from 'vitest';
import { contend } from '../support/contention.ts';
import { openPostgresGround } from '../support/postgres-ground.ts';

test('calls that get in each other’s way all find an end, and leave no contradiction behind', async () => {
  const ground = await openPostgresGround();
  try {
    await ground.store.migrate();
    await contend(ground, {
      ask: async (question) => (await ground.admin.query<Record<string, unknown>>(question)).rows,
      table: (name) => `${ground.schema}.${name}`,
      isHeld: 'worker is not null',
    });
  } finally {
    await ground.close();
  }
}, 120_000);

import { test } from 'vitest';
import { contend } from '../support/contention.ts';
import { openMysqlGround } from '../support/mysql-ground.ts';

test('calls that get in each other’s way all find an end, and leave no contradiction behind', async () => {
  const ground = await openMysqlGround();
  try {
    await ground.store.migrate();
    await contend(ground, {
      ask: async (question) => (await ground.admin.query(question))[0] as unknown[],
      table: (name) => `onejob_${name}`,
      isHeld: "worker <> ''",
    });
  } finally {
    await ground.close();
  }
}, 120_000);

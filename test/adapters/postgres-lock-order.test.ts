import pg from 'pg';
import { expect, test } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import { crossTrees } from '../support/crossing-trees.ts';
import { openPostgresGround } from '../support/postgres-ground.ts';
import { postgresUrl } from '../support/servers.ts';

test('groups, burials and people that change the same trees from both ends never deadlock', async () => {
  const ground = await openPostgresGround();
  await ground.store.migrate();
  const deadlocks: string[] = [];
  const pool = new pg.Pool({ connectionString: postgresUrl(), max: 8 });
  const counting = {
    query: (question: pg.QueryConfig) =>
      pool.query(question).catch((error: pg.DatabaseError) => {
        if (error.code === '40P01') deadlocks.push(`${question.text}\n${error.detail} ${error.where}`);
        throw error;
      }),
    end: () => pool.end(),
  };
  const open = () => openPostgresStore({ pool: counting as never, schema: ground.schema });
  const stores = [await open(), await open()] as const;
  try {
    for (let round = 0; round < 12; round++) await crossTrees(stores, round);
    expect(deadlocks).toEqual([]);
  } finally {
    await Promise.all(stores.map((store) => store.close()));
    await pool.end();
    await ground.close();
  }
}, 300_000);

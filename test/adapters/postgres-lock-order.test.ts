import pg from 'pg';
import { expect, test } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import { crossTrees } from '../support/crossing-trees.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { postgresUrl } from '../support/servers.ts';

test('groups, evictions and people that change the same trees from both ends never deadlock', async () => {
  const fixture = await openPostgresFixture();
  await fixture.store.migrate();
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
  const open = () => openPostgresStore({ pool: counting as never, schema: fixture.schema });
  const stores = [await open(), await open()] as const;
  try {
    for (let round = 0; round < 12; round++) await crossTrees(stores, round);
    expect(deadlocks).toEqual([]);
  } finally {
    await Promise.all(stores.map((store) => store.close()));
    await pool.end();
    await fixture.close();
  }
}, 300_000);

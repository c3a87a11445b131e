import mysql from 'mysql2/promise';
import { expect, test } from 'vitest';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import type { PoolConnection } from '../../src/adapters/mysql/driver.ts';
import { crossTrees } from '../support/crossing-trees.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';

test('groups, evictions and people that change the same trees from both ends never deadlock', async () => {
  const fixture = await openMysqlFixture();
  await fixture.store.migrate();
  const deadlocks: string[] = [];
  const pool = mysql.createPool({ uri: fixture.url, connectionLimit: 8, charset: 'UTF8MB4_BIN' });
  const counting = {
    async getConnection(): Promise<PoolConnection> {
      const connection = (await pool.getConnection()) as unknown as PoolConnection;
      return {
        query: async (question) => {
          try {
            return await connection.query(question);
          } catch (error) {
            const { errno, message } = error as { errno?: number; message: string };
            if (errno === 1213 && /deadlock/i.test(message)) deadlocks.push(question.sql.slice(0, 60));
            throw error;
          }
        },
        release: () => connection.release(),
        destroy: () => connection.destroy(),
      };
    },
    end: () => pool.end(),
  };
  const open = () => openMysqlStore({ pool: counting, database: fixture.database });
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

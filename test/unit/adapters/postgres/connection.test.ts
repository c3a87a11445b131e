import { expect, test } from 'vitest';
import { readAddress } from '../../../../src/adapters/postgres/address.ts';
import { openConnection } from '../../../../src/adapters/postgres/connection.ts';

const failing = (code: string, times: number) => {
  let calls = 0;
  return {
    calls: () => calls,
    query: () =>
      calls++ < times
        ? Promise.reject(Object.assign(new Error('no'), { code }))
        : Promise.resolve({ rows: [{ n: 1 }] }),
    end: () => Promise.resolve(),
  };
};

const open = (pool: ReturnType<typeof failing>) =>
  openConnection({ address: readAddress('postgres://somebody@host/base', 'schema'), pool });

test('a server without a free connection is asked again for a while', async () => {
  const pool = failing('53300', 3);
  expect(await (await open(pool)).query('select', [])).toEqual([{ n: 1 }]);
  expect(pool.calls()).toBe(4);
});

test('one that breaks every connection is away', async () => {
  const pool = failing('ECONNRESET', 9);
  await expect((await open(pool)).query('select', [])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(pool.calls()).toBe(2);
});

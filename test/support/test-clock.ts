import type pg from 'pg';

/** Puts a clock that the test sets in the place of the server's, in one schema. */
export async function takeOverClock(admin: pg.Pool, schema: string): Promise<(ms: number) => Promise<void>> {
  await admin.query(`
    create table if not exists ${schema}.test_clock (now bigint);
    delete from ${schema}.test_clock;
    insert into ${schema}.test_clock values (0);
    create or replace function ${schema}.now_ms() returns bigint language sql volatile
    as $$ select now from ${schema}.test_clock $$`);
  return async (ms) => {
    await admin.query(`update ${schema}.test_clock set now = ${ms}`);
  };
}

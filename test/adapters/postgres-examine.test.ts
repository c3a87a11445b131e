import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAddress } from '../../src/adapters/postgres/address.ts';
import { openConnection, type Connection } from '../../src/adapters/postgres/connection.ts';
import { examine } from '../../src/adapters/postgres/examine.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { postgresUrl, uniqueName } from '../support/servers.ts';

let fixture: Awaited<ReturnType<typeof openPostgresFixture>>;
let db: Connection;

beforeEach(async () => {
  fixture = await openPostgresFixture();
  await fixture.store.migrate();
  db = await openConnection({ address: readAddress(postgresUrl(), fixture.schema) });
});

afterEach(async () => {
  await db.close();
  await fixture.close();
});

const warnings = async () =>
  (await examine(db, { oldMs: 0 })).findings
    .filter(({ grade }) => grade === 'warn')
    .map(({ text, hint }) => [text, hint]);

test('a transaction that is open for long is named with its process, and how to end it', async () => {
  const client = new pg.Client({ connectionString: postgresUrl(), application_name: 'report' });
  await client.connect();
  await client.query('begin');
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() pid');
  const pid = rows[0]?.pid;
  expect(await warnings()).toContainEqual([
    `a transaction is open for 0 min (pid ${pid}, postgres, report, idle in transaction) and holds back vacuum, which makes claims slow`,
    `end it: select pg_terminate_backend(${pid})`,
  ]);
  await client.query('rollback');
  expect(JSON.stringify(await warnings())).not.toContain(`pid ${pid}`);
  await client.end();
});

test('a user of few rights is told what it may see', async () => {
  const role = uniqueName('few');
  await fixture.admin.query(`create role ${role} login`);
  await fixture.admin.query(`grant usage on schema ${fixture.schema} to ${role}`);
  const url = Object.assign(new URL(postgresUrl()), { username: role }).href;
  const few = await openConnection({ address: readAddress(url, fixture.schema) });
  const { server, findings } = await examine(few);
  expect(server).toMatch(/^PostgreSQL \d+/);
  expect(findings.length).toBeGreaterThan(4);
  await few.close();
  await fixture.admin.query(`drop owned by ${role}; drop role ${role}`);
});

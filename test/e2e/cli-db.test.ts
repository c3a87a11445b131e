import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createInstalled, onejob, startOnejob, type Ended } from '../support/onejob.ts';
import { mysqlUrl, openMysqlDatabase, postgresUrl, uniqueName } from '../support/servers.ts';
import { until } from '../support/until.ts';

const files = {
  'jobs/hello.job.mjs': `
    import { defineJob } from 'onejob';
    export default defineJob({ run: ({ input }) => ({ hello: input?.n ?? 0 }) });`,
};

const shop = (config: object = {}) => createInstalled({ ...files, 'onejob.config.json': JSON.stringify(config) });
const parsed = ({ stdout }: Ended) => JSON.parse(stdout) as Record<string, unknown>;

/** A database of its own on the server, with an administrator's connection. */
async function database(): Promise<{ url: URL; admin: pg.Client }> {
  const name = uniqueName('db');
  const server = new pg.Client(postgresUrl());
  await server.connect();
  await server.query(`create database ${name}`);
  const url = Object.assign(new URL(postgresUrl()), { pathname: name });
  const admin = new pg.Client(url.href);
  admin.on('error', () => undefined);
  await admin.connect();
  onTestFinished(async () => {
    await admin.end();
    await server.query(`drop database ${name} with (force)`);
    await server.end();
  });
  return { url, admin };
}

/** The same on MariaDB, with what an administrator runs there. */
async function mysqlDatabase(): Promise<{ url: URL; tell: (sql: string) => Promise<unknown> }> {
  const { url, close } = await openMysqlDatabase('db');
  const admin = await mysql.createConnection({ uri: url, multipleStatements: true });
  onTestFinished(async () => {
    await admin.end();
    await close();
  });
  return { url: new URL(url), tell: (sql) => admin.query(sql) };
}

const stores = {
  sqlite: () => Promise.resolve('sqlite:here.db'),
  postgres: async () => (await database()).url.href,
  mysql: async () => (await mysqlDatabase()).url.href,
};

describe.each(Object.keys(stores) as (keyof typeof stores)[])('db on %s', (kind) => {
  test('migrates once, says what it would do, and what is there', async () => {
    const cwd = await shop({ store: await stores[kind]() });
    const db = (...args: string[]) => onejob(['db', ...args], { cwd });
    expect(await db('migrate', '--dry-run')).toMatchObject({
      code: 0,
      stdout: 'schema 1 would be made (there is none)\n',
    });
    expect(parsed(await db('status', '--json'))).toMatchObject({ id: null, schema: { found: 0, known: 1 } });
    expect((await db('migrate', '--sql')).stdout).toMatch(/create table/);
    expect(await db('migrate')).toMatchObject({ code: 0, stdout: 'schema 1 is made (there was none)\n' });
    expect(parsed(await db('migrate', '--json'))).toEqual({ v: 1, from: 1, to: 1, dryRun: false });
    expect(await db('migrate', '--sql')).toMatchObject({ code: 0, stdout: '' });
    const status = await db('status');
    expect(status).toMatchObject({ code: 0 });
    expect(status.stdout).toMatch(/^server +(SQLite|PostgreSQL|MariaDB|MySQL) \d/m);
    expect(status.stdout).toMatch(/^schema +1, up to date$/m);
    expect(status.stdout).toMatch(/^size +\d/m);
  });

  test('where somebody else migrates nothing begins before that', async () => {
    const cwd = await shop({ store: await stores[kind](), migrate: 'manual' });
    const early = await onejob(['run', 'hello'], { cwd });
    expect(early.code).toBe(2);
    expect(early.stderr).toMatch(
      /^onejob: the store \S+ has no schema yet, and migrate is manual\n.*onejob db migrate/,
    );
    await onejob(['db', 'migrate'], { cwd });
    expect(await onejob(['run', 'hello'], { cwd })).toMatchObject({ code: 0, stdout: '{"hello":0}\n' });
  });

  test('prunes what keep does not keep, after saying how much', async () => {
    const cwd = await shop({ store: await stores[kind](), keep: { succeededRuns: 1 } });
    for (const n of [1, 2, 3]) await onejob(['run', 'hello', '--data', `{"n":${n}}`], { cwd });
    expect((await onejob(['db', 'prune', '--dry-run'], { cwd })).stdout).toBe('2 finished runs would be deleted\n');
    expect((await onejob(['db', 'prune'], { cwd })).stdout).toBe('2 finished runs deleted\n');
    expect(parsed(await onejob(['db', 'prune', '--json'], { cwd }))).toMatchObject({ runs: 0, dryRun: false });
    expect(parsed(await onejob(['runs', 'list', '--json'], { cwd }))['items']).toHaveLength(1);
  });
});

describe('db backup', () => {
  test('of SQLite is a whole store, taken while a worker writes', async () => {
    const cwd = await shop({ store: 'sqlite:here.db' });
    const worker = startOnejob(['start', '--json', '--roles', 'worker'], { cwd });
    await until('the worker is up', () => worker.stdout.includes('"ready"'), 30_000);
    const fill = `
      import { createClient } from 'onejob';
      const client = createClient({ store: 'sqlite:here.db' });
      for (let n = 0; n < 20; n++) await client.enqueueMany('hello', Array.from({ length: 100 }, () => ({ input: { n } })));
      await client.close();`;
    await writeFile(join(cwd, 'fill.mjs'), fill);
    const filling = onejob([], { cwd, program: join(cwd, 'fill.mjs') });
    await until(
      'runs come in',
      async () => parsed(await onejob(['runs', 'list', '--json'], { cwd }))['next'] !== null,
      30_000,
    );
    const copied = await onejob(['db', 'backup', 'copy.db'], { cwd });
    expect(copied).toMatchObject({ code: 0, stderr: '' });
    expect(copied.stdout).toMatch(/is copied to copy\.db \(\d+ bytes\), opened again and found sound/);
    await filling;
    const listed = parsed(
      await onejob(['runs', 'list', '--limit', '10000', '--json', '--store', 'sqlite:copy.db'], { cwd }),
    );
    const runs = listed['items'] as { state: string }[];
    expect(runs.length % 100).toBe(0); // what was submitted together is there together
    expect(runs.length).toBeGreaterThan(0);
    expect(parsed(await onejob(['db', 'status', '--json', '--store', 'sqlite:copy.db'], { cwd }))['id']).toEqual(
      parsed(await onejob(['db', 'status', '--json'], { cwd }))['id'],
    );
  });

  test('overwrites nothing and leaves nothing behind when it fails', async () => {
    const cwd = await shop({ store: 'sqlite:here.db' });
    const backup = (file: string) => onejob(['db', 'backup', file], { cwd });
    expect((await backup('copy.db')).stderr).toMatch(/the store \S+ is not there yet/);
    await onejob(['run', 'hello'], { cwd });
    await writeFile(join(cwd, 'copy.db'), 'precious');
    expect(await backup('copy.db')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is there already/) as string,
    });
    expect(await readFile(join(cwd, 'copy.db'), 'utf8')).toBe('precious');
    expect((await backup('no/such/copy.db')).stderr).toMatch(/its directory is not there/);
    expect((await readdir(cwd)).filter((name) => name.includes('part'))).toEqual([]);
  });

  test('of PostgreSQL names the line of its own tool', async () => {
    const cwd = await shop({ store: await stores.postgres() });
    const said = await onejob(['db', 'backup', 'copy.dump'], { cwd });
    expect(said.code).toBe(2);
    expect(said.stderr).toMatch(/^ +pg_dump --format=custom --schema='"onejob"' --file=copy\.dump postgres:\/\/\S+$/m);
  });
});

test('a user without the right to create: somebody else runs what --sql prints', async () => {
  const { url, admin } = await database();
  const role = uniqueName('app');
  await admin.query(`create role ${role} login`);
  onTestFinished(() => admin.query(`drop owned by ${role}; drop role ${role}`).then(() => undefined));
  url.username = role;
  const cwd = await shop({ store: url.href });
  const refused = await onejob(['run', 'hello'], { cwd });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/refuses a right: permission denied for database.*\n.*onejob db migrate --sql/);
  const { stdout: sql } = await onejob(['db', 'migrate', '--sql'], { cwd });
  await admin.query(sql);
  expect(await onejob(['run', 'hello'], { cwd })).toMatchObject({ code: 0, stdout: '{"hello":0}\n' });
  expect((await onejob(['db', 'migrate'], { cwd })).stdout).toBe('schema 1 is up to date\n');
  expect((await onejob(['db', 'prune'], { cwd })).code).toBe(0);
  expect((await onejob(['doctor'], { cwd })).code).toBe(0);
});

test('the same on MariaDB', async () => {
  const { url, tell } = await mysqlDatabase();
  const user = uniqueName('app').slice(0, 16);
  await tell(
    `create user ${user}@'%' identified by 'secret'; grant select on ${url.pathname.slice(1)}.* to ${user}@'%'`,
  );
  onTestFinished(() => tell(`drop user ${user}@'%'`).then(() => undefined));
  Object.assign(url, { username: user, password: 'secret' });
  const cwd = await shop({ store: url.href });
  const refused = await onejob(['run', 'hello'], { cwd });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/refuses a right/);
  expect(refused.stderr).not.toContain('secret');
  const { stdout: sql } = await onejob(['db', 'migrate', '--sql'], { cwd });
  await writeFile(join(cwd, 'schema.sql'), sql);
  await runByClient(join(cwd, 'schema.sql'), url.pathname.slice(1));
  expect(await onejob(['run', 'hello'], { cwd })).toMatchObject({ code: 0, stdout: '{"hello":0}\n' });
  expect((await onejob(['db', 'migrate'], { cwd })).stdout).toBe('schema 1 is up to date\n');
  expect((await onejob(['doctor'], { cwd })).code).toBe(0);

  const wrong = await onejob(['run', 'hello', '--store', url.href.replace('secret', 'guess')], { cwd });
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/refuses/) as string });
  const nowhere = Object.assign(new URL(mysqlUrl()), { pathname: 'no_such_database' }).href;
  expect(await onejob(['run', 'hello', '--store', nowhere], { cwd })).toMatchObject({ code: 2 });
  const away = Object.assign(new URL(url), { port: '1' }).href;
  expect(await onejob(['run', 'hello', '--store', away], { cwd })).toMatchObject({ code: 5 });
});

/** As a person would: by the client of the server, as its administrator. */
async function runByClient(file: string, database: string): Promise<void> {
  const { hostname, port, username, password } = new URL(mysqlUrl());
  const args = ['-h', hostname, '-P', port, '-u', username, ...(password ? [`-p${password}`] : []), database];
  const client = spawn('mariadb', args, { stdio: [openSync(file, 'r'), 'ignore', 'inherit'] });
  const [code] = (await once(client, 'exit')) as [number];
  expect(code).toBe(0);
}

describe('a server that does not fit', () => {
  const tried = async (change: (url: URL) => void, prepare = (_: pg.Client) => Promise.resolve<unknown>(null)) => {
    const { url, admin } = await database();
    await prepare(admin);
    change(url);
    const cwd = await shop({ store: url.href });
    const ended = await onejob(['run', 'hello'], { cwd });
    expect((await onejob(['doctor'], { cwd })).code).toBe(ended.code);
    expect((await onejob(['db', 'status'], { cwd })).code).toBe(ended.code);
    return { code: ended.code, says: ended.stderr };
  };

  test('unknown database, unknown user: exit 2', async () => {
    const database = await tried((url) => void (url.pathname = 'no_such_database'));
    expect(database).toMatchObject({
      code: 2,
      says: expect.stringMatching(/names a database that the server does not/) as string,
    });
    const user = await tried((url) => void (url.username = 'nobody_here'));
    expect(user).toMatchObject({ code: 2, says: expect.stringMatching(/refuses the login/) as string });
  });

  test('nobody listens: exit 5', async () => {
    const away = await tried((url) => void (url.port = '1'));
    expect(away).toMatchObject({ code: 5, says: expect.stringMatching(/refuses connections/) as string });
  });

  test('a schema of a newer onejob: exit 2', async () => {
    const newer = await tried(
      () => undefined,
      (admin) =>
        admin.query(`create schema onejob; create table onejob.meta (id text, version integer, min_version integer);
          insert into onejob.meta values ('x', 9, 9)`),
    );
    expect(newer).toMatchObject({
      code: 2,
      says: expect.stringMatching(/has schema 9, which needs newer code/) as string,
    });
  });
});

describe('doctor', () => {
  test('finds what holds PostgreSQL back, each with its remedy', async () => {
    const { url, admin } = await database();
    const name = url.pathname.slice(1);
    const cwd = await shop({ store: url.href });
    await onejob(['db', 'migrate'], { cwd });
    await admin.query(`alter database ${name} set synchronous_commit = off`);
    await admin.query(`alter database ${name} set statement_timeout = '2s'`);
    const ended = await onejob(['doctor'], { cwd });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/ok +server +PostgreSQL \d/);
    expect(ended.stdout).toMatch(/ok +server +its clock and that of this machine agree/);
    expect(ended.stdout).toMatch(/ok +server +\d+ of \d+ connections are in use/);
    expect(ended.stdout).toMatch(/warn +server +synchronous_commit is off.*\n +set synchronous_commit = on/);
    expect(ended.stdout).toMatch(/warn +server +statement_timeout is 2000 ms.*\n +give the user/);
    const { items } = parsed(await onejob(['doctor', '--json'], { cwd })) as {
      items: { grade: string; hint?: string }[];
    };
    expect(items.filter(({ grade, hint }) => grade !== 'ok' && hint === undefined)).toEqual([]);
  });
});

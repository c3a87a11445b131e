import { cp } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import type { Store } from '../../src/ports/store.ts';
import { openFolder } from '../support/folder.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { postgresUrl, uniqueName } from '../support/servers.ts';
import { aRun } from '../support/store-values.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

async function failureOf(work: Promise<unknown>): Promise<{ code: string; message: string; hint?: string }> {
  return work.then(
    () => expect.fail('it succeeded'),
    (error: unknown) => error as { code: string; message: string },
  );
}

describe('a store behind a bad line', () => {
  let fixture: Awaited<ReturnType<typeof openPostgresFixture>>;
  let proxy: TcpProxy;
  let store: Store;

  beforeEach(async () => {
    fixture = await openPostgresFixture();
    await fixture.store.migrate();
    proxy = await openTcpProxy(postgresUrl());
    const url = new URL(proxy.url);
    url.username = 'postgres';
    url.password = 'top-secret';
    store = await openPostgresStore({ url: url.href, schema: fixture.schema, max: 2 });
  });

  afterEach(async () => {
    await store.close();
    await proxy.close();
    await fixture.close();
  });

  test('does not notice that its idle connections broke', async () => {
    await Promise.all([store.workers(), store.workers()]);
    proxy.cut();
    expect(await store.workers()).toEqual([]);
  });

  test('repeats a call whose answer was lost, with the verdict of the first', async () => {
    const run = aRun();
    await store.workers();
    proxy.loseNextAnswer();
    expect(await store.submit([run])).toMatchObject([{ verdict: 'created', run: { id: run.id } }]);
    expect((await store.list({ limit: 10 })).items.map(({ id }) => id)).toEqual([run.id]);
  });

  test('lets a call stand behind another for longer than a connection may take', async () => {
    const one = await openPostgresStore({ url: postgresUrl(), schema: fixture.schema, max: 1 });
    const holder = await fixture.admin.connect();
    await holder.query(`begin; lock table ${fixture.schema}.runs`);
    const calls = [one.submit([aRun()]), one.workers()];
    await sleep(6_000); // the time is what is tried
    await holder.query('commit');
    holder.release();
    expect(await Promise.all(calls)).toMatchObject([[{ verdict: 'created' }], []]);
    await one.close();
  });

  test('says that the server is away, where, and what to do, and goes on when it is back', async () => {
    await store.workers();
    await proxy.shut();
    const error = await failureOf(store.submit([aRun()]));
    expect(error.code).toBe('STORE_UNAVAILABLE');
    expect(error.message).toBe(
      `the store postgres://postgres@${new URL(proxy.url).host}/postgres?schema=${fixture.schema} refuses connections`,
    );
    expect(error.hint).toMatch(/start the server/);
    await proxy.reopen();
    expect(await store.submit([aRun()])).toHaveLength(1);
  });
});

describe('a store that cannot be', () => {
  let fixture: Awaited<ReturnType<typeof openPostgresFixture>>;
  let stores: Store[];

  beforeEach(async () => {
    fixture = await openPostgresFixture();
    stores = [];
  });

  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await fixture.close();
  });

  const open = async (change: (url: URL) => void, schema = fixture.schema): Promise<Store> => {
    const url = new URL(postgresUrl());
    change(url);
    const store = await openPostgresStore({ url: url.href, schema });
    stores.push(store);
    return store;
  };

  test('in a database that does not exist', async () => {
    const store = await open((url) => (url.pathname = '/no_such_database'));
    expect(await failureOf(store.migrate())).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/names a database that the server does not have$/) as string,
    });
  });

  test('on a host that nobody knows', async () => {
    const store = await open((url) => (url.hostname = 'no-such-host.invalid'));
    expect(await failureOf(store.workers())).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('before it was migrated', async () => {
    expect(await failureOf(fixture.store.get(['x']))).toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringMatching(/onejob db migrate/) as string,
    });
  });

  test('by a user without the right to create it; with the schema at hand it can', async () => {
    const role = uniqueName('role');
    const database = uniqueName('db');
    await fixture.admin.query(`create role ${role} login`);
    await fixture.admin.query(`create database ${database}`);
    const admin = new pg.Client({
      connectionString: Object.assign(new URL(postgresUrl()), { pathname: database }).href,
    });
    await admin.connect();
    try {
      const store = await open((url) => Object.assign(url, { username: role, pathname: database }), 'jobs');
      expect(await failureOf(store.migrate())).toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/refuses a right: permission denied for database/) as string,
      });
      await admin.query(`create schema jobs authorization ${role}`);
      expect(await store.migrate()).toEqual({ from: 0, to: 1 });
      expect(await store.submit([aRun()])).toHaveLength(1);
      await store.close();
    } finally {
      await admin.end();
      await fixture.admin.query(`drop database ${database} with (force)`);
      await fixture.admin.query(`drop role ${role}`);
    }
  });

  test('with a schema of newer code, unless that says that this code may go on', async () => {
    await fixture.store.migrate();
    await fixture.admin.query(`update ${fixture.schema}.meta set version = 8, min_version = 1`);
    expect(await fixture.store.migrate()).toEqual({ from: 8, to: 8 });
    await fixture.admin.query(`update ${fixture.schema}.meta set min_version = 7`);
    expect(await failureOf(fixture.store.migrate())).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/has schema 8, which needs newer code: this onejob knows schema 1$/) as string,
    });
  });

  test('in a database that keeps text in another encoding', async () => {
    const database = uniqueName('latin');
    await fixture.admin.query(`create database ${database} encoding 'LATIN1' template template0 locale 'C'`);
    try {
      const store = await open((url) => (url.pathname = database));
      expect(await failureOf(store.migrate())).toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/keeps text as LATIN1$/) as string,
      });
      await store.close();
    } finally {
      await fixture.admin.query(`drop database ${database} with (force)`);
    }
  });

  test('without its driver: the line that installs it', async () => {
    const directory = await openFolder();
    await cp('dist/bundle', directory, { recursive: true });
    const script = `
      import { openPostgresStore } from './postgres.js';
      await openPostgresStore({ url: 'postgres://localhost/x' }).catch((error) => console.log(error.code, error.hint));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: directory });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    await once(child, 'close');
    expect(said).toBe('DRIVER_MISSING npm install pg\n');
  });
});

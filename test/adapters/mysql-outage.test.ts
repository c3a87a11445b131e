import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import type { Store } from '../../src/ports/store.ts';
import { openFolder } from '../support/folder.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { uniqueName } from '../support/servers.ts';
import { aRun } from '../support/store-values.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

async function failureOf(work: Promise<unknown>): Promise<{ code: string; message: string; hint?: string }> {
  return work.then(
    () => expect.fail('it succeeded'),
    (error: unknown) => error as { code: string; message: string },
  );
}

describe('a store behind a bad line', () => {
  let fixture: Awaited<ReturnType<typeof openMysqlFixture>>;
  let proxy: TcpProxy;
  let store: Store;

  beforeEach(async () => {
    fixture = await openMysqlFixture();
    await fixture.store.migrate();
    proxy = await openTcpProxy(fixture.url);
    store = await openMysqlStore({ url: proxy.url, max: 2 });
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
    const one = await openMysqlStore({ url: proxy.url, max: 1 });
    // The first call of a connection prepares the statement; the answer that is lost shall be that of a commit.
    await one.submit([aRun()]);
    const run = aRun({ key: 'k' });
    proxy.loseNextAnswer();
    expect(await one.submit([run])).toMatchObject([{ verdict: 'created', run: { id: run.id } }]);
    expect((await one.list({ key: 'k', limit: 10 })).items.map(({ id }) => id)).toEqual([run.id]);
    await one.close();
  });

  test('says that the server is away, where, and what to do, and goes on when it is back', async () => {
    await store.workers();
    await proxy.shut();
    const error = await failureOf(store.submit([aRun()]));
    expect(error.code).toBe('STORE_UNAVAILABLE');
    expect(error.message).toBe(
      `the store mysql://root@${new URL(proxy.url).host}/${fixture.database} refuses connections`,
    );
    expect(error.hint).toMatch(/start the server/);
    await proxy.reopen();
    expect(await store.submit([aRun()])).toHaveLength(1);
  });
});

describe('a store that cannot be', () => {
  let fixture: Awaited<ReturnType<typeof openMysqlFixture>>;
  let stores: Store[];

  beforeEach(async () => {
    fixture = await openMysqlFixture();
    stores = [];
  });

  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await fixture.close();
  });

  const open = async (change: (url: URL) => void): Promise<Store> => {
    const url = new URL(fixture.url);
    change(url);
    const store = await openMysqlStore({ url: url.href });
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

  test('at a URL that names none', async () => {
    expect(await failureOf(open((url) => (url.pathname = '')))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'the URL of the store names no database',
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

  test('by a user without the right to create it; with what the administrator ran it can', async () => {
    const user = uniqueName('u');
    const { database, admin } = fixture;
    await admin.query(`create user ${user} identified by 'secret'`);
    try {
      await admin.query(`grant select, insert, update, delete, execute on ${database}.* to ${user}`);
      const store = await open((url) => Object.assign(url, { username: user, password: 'secret' }));
      expect(await failureOf(store.migrate())).toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/refuses a right: CREATE command denied/) as string,
        hint: expect.stringMatching(/onejob db migrate --sql/) as string,
      });
      await fixture.store.migrate();
      expect(await store.migrate()).toEqual({ from: 1, to: 1 });
      expect(await store.submit([aRun({ key: 'k' })])).toMatchObject([{ verdict: 'created' }]);
      await store.close();
      const stranger = await open((url) => Object.assign(url, { username: user, password: 'wrong' }));
      expect(await failureOf(stranger.migrate())).toMatchObject({
        code: 'CONFIG_INVALID',
        hint: 'correct user and password in the URL of the store',
      });
    } finally {
      await admin.query(`drop user ${user}`);
    }
  });

  test('with a schema of newer code, unless that says that this code may go on', async () => {
    await fixture.store.migrate();
    await fixture.admin.query('update onejob_meta set version = 8, min_version = 1');
    expect(await fixture.store.migrate()).toEqual({ from: 8, to: 8 });
    await fixture.admin.query('update onejob_meta set min_version = 7');
    expect(await failureOf(fixture.store.migrate())).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/has schema 8, which needs newer code: this onejob knows schema 1$/) as string,
    });
  });

  test('without its driver: the line that installs it', async () => {
    const directory = await openFolder();
    await cp('dist/bundle', directory, { recursive: true });
    const script = `
      import { openMysqlStore } from './mysql.js';
      await openMysqlStore({ url: 'mysql://localhost/x' }).catch((error) => console.log(error.code, error.hint));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: directory });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    await once(child, 'close');
    expect(said).toBe('DRIVER_MISSING npm install mysql2\n');
  });
});

import mysql from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HeartbeatSender, HeartbeatOptions } from '../../src/adapters/mysql/mysql-heartbeat.ts';
import { openMysqlNotifier, openMysqlStore } from '../../src/adapters/mysql/index.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { aRegistration, aRun } from '../support/store-values.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

let fixture: Awaited<ReturnType<typeof openMysqlFixture>>;

beforeEach(async () => {
  fixture = await openMysqlFixture({ isUsed: true });
  await fixture.store.migrate();
});

afterEach(async () => {
  await fixture.close();
});

describe('a pool of the user', () => {
  test('is used and stays open; the main loop heartbeats', async () => {
    const pool = mysql.createPool({ uri: fixture.url, connectionLimit: 2, rowsAsArray: true, supportBigNumbers: true });
    try {
      const store = await openMysqlStore({ pool });
      expect(await store.migrate()).toEqual({ from: 1, to: 1 });
      const run = aRun({ input: JSON.stringify('大💥 "\\') });
      await store.submit([run]);
      expect(await store.get([run.id])).toMatchObject([
        { id: run.id, input: run.input, createdAt: expect.any(Number) as number },
      ]);
      expect(store.facts.heartbeat).toBe(null);
      await store.close();
      await expect(store.workers()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect((await pool.query('select 1 one'))[0]).toEqual([[1]]);
    } finally {
      await pool.end();
    }
  });

  test('with its tables in another database than its connections use', async () => {
    const url = Object.assign(new URL(fixture.url), { pathname: '/mysql' });
    const pool = mysql.createPool({ uri: url.href, connectionLimit: 1 });
    try {
      const store = await openMysqlStore({ pool, database: fixture.database });
      await store.migrate();
      const run = aRun();
      await store.submit([run]);
      expect(await fixture.store.get([run.id])).toMatchObject([{ id: run.id }]);
      await store.close();
    } finally {
      await pool.end();
    }
  });

  test.each([
    [{ charset: 'latin1' }, 'is used with the character set latin1'],
    [{ timezone: '+05:00' }, undefined],
  ])('set as %j is refused, or does not matter', async (settings, says) => {
    const pool = mysql.createPool({ uri: fixture.url, connectionLimit: 1, ...settings });
    const store = await openMysqlStore({ pool });
    const outcome = await store.migrate().then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(outcome).toEqual(says === undefined ? undefined : expect.stringContaining(says));
    await store.close();
    await pool.end();
  });
});

describe('another prefix', () => {
  test('is another store in the same database', async () => {
    const store = await openMysqlStore({ url: `${fixture.url}?prefix=other_` });
    try {
      expect(await store.migrate()).toEqual({ from: 0, to: 1 });
      expect(store.facts.id).not.toBe(fixture.store.facts.id);
      const run = aRun({ key: 'k' });
      await store.submit([run]);
      expect(await fixture.store.get(['k'])).toEqual([null]);
      expect(await store.get(['k'])).toMatchObject([{ id: run.id }]);
      await fixture.admin.query('drop table other_meta');
      // Killed in the middle of a migration: the next one goes over it again.
      expect(await store.migrate()).toEqual({ from: 0, to: 1 });
      expect(await store.get(['k'])).toMatchObject([{ id: run.id }]);
    } finally {
      await store.close();
    }
  });

  test.each(['', 'a b', 'a-b', 'x'.repeat(33)])('%j is refused', async (prefix) => {
    await expect(openMysqlStore({ url: fixture.url, prefix })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('texts', () => {
  test('are told apart to the byte: case, accents, spaces at the end', async () => {
    const keys = ['a', 'A', 'ä', 'a ', ' a', 'á'];
    const runs = keys.map((key) => aRun({ key }));
    expect((await fixture.store.submit(runs)).map(({ verdict }) => verdict)).toEqual(keys.map(() => 'created'));
    expect((await fixture.store.get(keys)).map((run) => run?.id)).toEqual(runs.map(({ id }) => id));
  });

  test('longer than their column are refused, never cut', async () => {
    for (const over of [{ key: 'k'.repeat(701) }, { queue: 'q'.repeat(192) }, { id: 'i'.repeat(65) }]) {
      await expect(fixture.store.submit([aRun(over)])).rejects.toMatchObject({ code: 'VALUE_REJECTED' });
    }
    const long = aRun({ key: '大'.repeat(700), queue: '大'.repeat(191) });
    await fixture.store.submit([long]);
    expect(await fixture.store.get([long.key ?? '', `${long.key}x`])).toMatchObject([{ id: long.id }, null]);
  });

  test('the clock of the store is not moved by the time zone of a session', async () => {
    const pool = mysql.createPool({ uri: fixture.url, connectionLimit: 1 });
    await pool.query(`set session time_zone = '-07:00'`);
    const store = await openMysqlStore({ pool });
    const run = aRun();
    await store.submit([run]);
    const [stored] = await store.get([run.id]);
    expect(Math.abs((stored?.createdAt ?? 0) - Date.now())).toBeLessThan(60_000);
    await store.close();
    await pool.end();
  });
});

describe('the module that facts.heartbeat names', () => {
  test('heartbeats on a connection of its own', async () => {
    const { heartbeat: facts } = fixture.store.facts;
    const worker = aRegistration();
    await fixture.store.registerWorker(worker);
    const { module, options } = facts as { module: string; options: HeartbeatOptions };
    const { openHeartbeat } = (await import(/* @vite-ignore */ module)) as {
      openHeartbeat: (options: unknown) => Promise<HeartbeatSender>;
    };
    // As it reaches a thread.
    const heartbeat = await openHeartbeat(structuredClone(options));
    await heartbeat.heartbeat({ worker: worker.id, load: 0.5, stalled: true });
    expect(await fixture.store.workers()).toMatchObject([{ id: worker.id, heartbeat: 1, load: 0.5, stalled: true }]);
    await fixture.store.evict([{ id: worker.id, seenHeartbeat: 1, counted: true }]);
    expect(await heartbeat.heartbeat({ worker: worker.id })).toEqual({ evicted: true });
    await heartbeat.close();
  });
});

describe('hints', () => {
  const notifiers: Notifier[] = [];

  const open = (url = fixture.url, prefix = 'onejob_'): Notifier => {
    const notifier = openMysqlNotifier({ url, prefix });
    notifiers.push(notifier);
    return notifier;
  };

  const counted = (notifier: Notifier) => {
    const heard = { times: 0, stop: notifier.subscribe(() => void heard.times++) };
    return heard;
  };

  /** The first look of a listener is news to it once anybody has ever hinted. */
  const listening = async (notifier = open()) => {
    const heard = counted(notifier);
    await until('it listens', () => heard.times > 0);
    return heard;
  };

  afterEach(async () => {
    await Promise.all(notifiers.splice(0).map((notifier) => notifier.close()));
  });

  test('reach the other processes of the store', async () => {
    const heard = await listening();
    const before = heard.times;
    open().hint();
    await until('the hint is heard', () => heard.times > before);
  });

  test('come as few, however many are given, and the last one is never lost', async () => {
    const heard = await listening();
    heard.times = 0;
    const teller = open();
    for (let n = 0; n < 1_000; n++) teller.hint();
    await until('they are heard', () => heard.times > 0);
    expect(heard.times).toBeLessThan(10);
  });

  test('that wait when the process leaves are given on the way out', async () => {
    const teller = open();
    teller.hint();
    teller.hint();
    await teller.close();
    const [rows] = await fixture.admin.query("select n from onejob_hints where kind = 'hint'");
    expect(rows).toEqual([{ n: 2 }]);
  });

  test('are heard again after the connection broke', async () => {
    const proxy = await openTcpProxy(fixture.url);
    try {
      const heard = await listening(open(proxy.url));
      proxy.cut();
      heard.times = 0;
      open().hint();
      await until('a hint is heard', () => heard.times > 0);
    } finally {
      await proxy.close();
    }
  });

  test('to a server that is away are lost, silently', async () => {
    const proxy = await openTcpProxy(fixture.url);
    await proxy.close();
    const notifier = open(proxy.url);
    const heard = counted(notifier);
    notifier.hint();
    await notifier.close();
    notifier.hint();
    expect(heard.times).toBe(0);
  });

  test('are not heard by who stopped listening', async () => {
    const notifier = open();
    const [one, two] = [await listening(notifier), counted(notifier)];
    const before = one.times;
    one.stop();
    open().hint();
    await until('the other hears', () => two.times > 0);
    expect(one.times).toBe(before);
  });
});

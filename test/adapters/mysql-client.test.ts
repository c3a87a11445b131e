import mysql from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Beat, BeatOptions } from '../../src/adapters/mysql/mysql-beat.ts';
import { openMysqlNotifier, openMysqlStore } from '../../src/adapters/mysql/index.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import { openMysqlGround } from '../support/mysql-ground.ts';
import { anEnrolment, aRun } from '../support/store-values.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

let ground: Awaited<ReturnType<typeof openMysqlGround>>;

beforeEach(async () => {
  ground = await openMysqlGround({ isUsed: true });
  await ground.store.migrate();
});

afterEach(async () => {
  await ground.close();
});

describe('a pool of the user', () => {
  test('is used and stays open; the main loop beats', async () => {
    const pool = mysql.createPool({ uri: ground.url, connectionLimit: 2, rowsAsArray: true, supportBigNumbers: true });
    try {
      const store = await openMysqlStore({ pool });
      expect(await store.migrate()).toEqual({ from: 1, to: 1 });
      const run = aRun({ input: JSON.stringify('大💥 "\\') });
      await store.submit([run]);
      expect(await store.get([run.id])).toMatchObject([
        { id: run.id, input: run.input, createdAt: expect.any(Number) as number },
      ]);
      expect(store.facts.beat).toBe(null);
      await store.close();
      await expect(store.workers()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect((await pool.query('select 1 one'))[0]).toEqual([[1]]);
    } finally {
      await pool.end();
    }
  });

  test('with its tables in another database than its connections use', async () => {
    const url = Object.assign(new URL(ground.url), { pathname: '/mysql' });
    const pool = mysql.createPool({ uri: url.href, connectionLimit: 1 });
    try {
      const store = await openMysqlStore({ pool, database: ground.database });
      await store.migrate();
      const run = aRun();
      await store.submit([run]);
      expect(await ground.store.get([run.id])).toMatchObject([{ id: run.id }]);
      await store.close();
    } finally {
      await pool.end();
    }
  });

  test.each([
    [{ charset: 'latin1' }, 'is used with the character set latin1'],
    [{ timezone: '+05:00' }, undefined],
  ])('set as %j is refused, or does not matter', async (settings, says) => {
    const pool = mysql.createPool({ uri: ground.url, connectionLimit: 1, ...settings });
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
    const store = await openMysqlStore({ url: `${ground.url}?prefix=other_` });
    try {
      expect(await store.migrate()).toEqual({ from: 0, to: 1 });
      expect(store.facts.id).not.toBe(ground.store.facts.id);
      const run = aRun({ key: 'k' });
      await store.submit([run]);
      expect(await ground.store.get(['k'])).toEqual([null]);
      expect(await store.get(['k'])).toMatchObject([{ id: run.id }]);
      await ground.admin.query('drop table other_meta');
      // Killed in the middle of a migration: the next one goes over it again.
      expect(await store.migrate()).toEqual({ from: 0, to: 1 });
      expect(await store.get(['k'])).toMatchObject([{ id: run.id }]);
    } finally {
      await store.close();
    }
  });

  test.each(['', 'a b', 'a-b', 'x'.repeat(33)])('%j is refused', async (prefix) => {
    await expect(openMysqlStore({ url: ground.url, prefix })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('texts', () => {
  test('are told apart to the byte: case, accents, spaces at the end', async () => {
    const keys = ['a', 'A', 'ä', 'a ', ' a', 'á'];
    const runs = keys.map((key) => aRun({ key }));
    expect((await ground.store.submit(runs)).map(({ verdict }) => verdict)).toEqual(keys.map(() => 'created'));
    expect((await ground.store.get(keys)).map((run) => run?.id)).toEqual(runs.map(({ id }) => id));
  });

  test('longer than their column are refused, never cut', async () => {
    for (const over of [{ key: 'k'.repeat(701) }, { queue: 'q'.repeat(192) }, { id: 'i'.repeat(65) }]) {
      await expect(ground.store.submit([aRun(over)])).rejects.toMatchObject({ code: 'VALUE_REJECTED' });
    }
    const long = aRun({ key: '大'.repeat(700), queue: '大'.repeat(191) });
    await ground.store.submit([long]);
    expect(await ground.store.get([long.key ?? '', `${long.key}x`])).toMatchObject([{ id: long.id }, null]);
  });

  test('the clock of the store is not moved by the time zone of a session', async () => {
    const pool = mysql.createPool({ uri: ground.url, connectionLimit: 1 });
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

describe('the module that facts.beat names', () => {
  test('beats on a connection of its own', async () => {
    const { beat: facts } = ground.store.facts;
    const worker = anEnrolment();
    await ground.store.enrol(worker);
    const { module, options } = facts as { module: string; options: BeatOptions };
    const { openBeat } = (await import(/* @vite-ignore */ module)) as { openBeat: (options: unknown) => Promise<Beat> };
    // As it reaches a thread.
    const beat = await openBeat(structuredClone(options));
    await beat.beat({ worker: worker.id, load: 0.5, stalled: true });
    expect(await ground.store.workers()).toMatchObject([{ id: worker.id, beat: 1, load: 0.5, stalled: true }]);
    await ground.store.bury([{ id: worker.id, seenBeat: 1, counted: true }]);
    expect(await beat.beat({ worker: worker.id })).toEqual({ buried: true });
    await beat.close();
  });
});

describe('hints', () => {
  const notifiers: Notifier[] = [];

  const open = (url = ground.url, prefix = 'onejob_'): Notifier => {
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
    const [rows] = await ground.admin.query("select n from onejob_hints where kind = 'hint'");
    expect(rows).toEqual([{ n: 2 }]);
  });

  test('are heard again after the connection broke', async () => {
    const proxy = await openTcpProxy(ground.url);
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
    const proxy = await openTcpProxy(ground.url);
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

import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HeartbeatSender, HeartbeatOptions } from '../../src/adapters/postgres/postgres-heartbeat.ts';
import { openPostgresNotifier, openPostgresStore } from '../../src/adapters/postgres/index.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { aRegistration, aRun } from '../support/store-values.ts';
import { postgresUrl } from '../support/servers.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

let fixture: Awaited<ReturnType<typeof openPostgresFixture>>;

beforeEach(async () => {
  fixture = await openPostgresFixture();
  await fixture.store.migrate();
});

afterEach(async () => {
  await fixture.close();
});

describe('a pool of the user', () => {
  test('is used and stays open; the main loop heartbeats', async () => {
    const pool = new pg.Pool({ connectionString: postgresUrl(), max: 2 });
    try {
      const store = await openPostgresStore({ pool, schema: fixture.schema });
      expect(await store.migrate()).toEqual({ from: 1, to: 1 });
      const run = aRun();
      await store.submit([run]);
      expect(await store.get([run.id])).toMatchObject([{ id: run.id, createdAt: expect.any(Number) as number }]);
      expect(store.facts.heartbeat).toBe(null);
      await store.close();
      await expect(store.workers()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect((await pool.query<{ one: number }>('select 1 one')).rows).toEqual([{ one: 1 }]);
    } finally {
      await pool.end();
    }
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

  const open = (url = postgresUrl(), schema = fixture.schema): Notifier => {
    const notifier = openPostgresNotifier({ url, schema });
    notifiers.push(notifier);
    return notifier;
  };

  const counted = (notifier: Notifier) => {
    const heard = { times: 0, stop: notifier.subscribe(() => void heard.times++) };
    return heard;
  };

  afterEach(async () => {
    await Promise.all(notifiers.splice(0).map((notifier) => notifier.close()));
  });

  test('reach the other processes of the schema, and no other schema', async () => {
    const [teller, other] = [open(), open(undefined, 'another')];
    const [near, far] = [counted(open()), counted(other)];
    await until('both listen', () => near.times > 0 && far.times > 0);
    const before = far.times;
    const heard = near.times;
    teller.hint();
    await until('the hint is heard', () => near.times > heard);
    expect(far.times).toBe(before);
  });

  test('come as few, however many are given, and the last one is never lost', async () => {
    const teller = open();
    const heard = counted(open());
    await until('it listens', () => heard.times > 0);
    heard.times = 0;
    for (let n = 0; n < 1_000; n++) teller.hint();
    await until('the first and the one for the rest are heard', () => heard.times >= 2);
    expect(heard.times).toBeLessThan(10);
  });

  test('that wait when the process leaves are given on the way out', async () => {
    const teller = open();
    const heard = counted(open());
    await until('it listens', () => heard.times > 0);
    heard.times = 0;
    teller.hint();
    teller.hint();
    await teller.close();
    await until('both are heard', () => heard.times >= 2);
  });

  test('are heard again after the connection broke; what was missed meanwhile is one hint', async () => {
    const proxy = await openTcpProxy(postgresUrl());
    try {
      const heard = counted(open(proxy.url));
      await until('it listens', () => heard.times > 0);
      heard.times = 0;
      proxy.cut();
      await until('it listens again and looks', () => heard.times > 0);
      heard.times = 0;
      open().hint();
      await until('a hint is heard', () => heard.times > 0);
    } finally {
      await proxy.close();
    }
  });

  test('to a server that is away are lost, silently', async () => {
    const proxy = await openTcpProxy(postgresUrl());
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
    const [one, two] = [counted(notifier), counted(notifier)];
    await until('they listen', () => one.times > 0 && two.times > 0);
    const before = one.times;
    one.stop();
    two.times = 0;
    notifier.hint();
    await until('the other hears', () => two.times > 0);
    expect(one.times).toBe(before);
  });
});

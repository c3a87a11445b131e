import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunId } from '../../src/job/run.ts';
import { openOwnServer, type OwnServer } from '../support/own-server.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { openGround, type Ground, type WorkerProcess } from '../support/worker-processes.ts';

const torture = process.env['TORTURE'] === '1';
/** Runs of three steps each; what is done to the server lasts so long. */
const size = torture ? { runs: 2_000, ms: 20_000, stepMs: 50 } : { runs: 150, ms: 4_000, stepMs: 60 };
const patienceMs = torture ? 400_000 : 120_000;
const { given } = JSON.parse(process.env['TEST_SERVERS'] ?? '{"given":[]}') as { given: string[] };

interface Scene {
  readonly server: OwnServer;
  readonly ground: Ground;
  readonly ids: readonly RunId[];
  readonly workers: readonly WorkerProcess[];
}

// Where somebody hands us a server, there may be no program here to start one that we may hurt.
describe.skipIf(given.includes('postgres'))('faults with work going on, on postgres', () => {
  test(
    'VT-17 the server is restarted, three times',
    async () => {
      const scene = await openScene();
      for (let n = 0; n < 3; n++) {
        await scene.server.restart();
        await goesOn(scene);
      }
      await expectAllOnce(scene);
    },
    patienceMs,
  );

  test(
    'all connections are killed, every second',
    async () => {
      const scene = await openScene();
      const end = performance.now() + size.ms;
      while (performance.now() < end) {
        await asAdmin(scene.server.url, killOthers);
        await sleep(1_000);
      }
      await expectAllOnce(scene);
    },
    patienceMs,
  );

  test(
    'the server stands still',
    async () => {
      const scene = await openScene();
      scene.server.pause();
      await sleep(size.ms);
      scene.server.resume();
      await expectAllOnce(scene);
    },
    patienceMs,
  );

  test(
    'the server has no connection free',
    async () => {
      const scene = await openScene();
      const taken = await takeAllConnections(scene.server.url);
      await sleep(size.ms);
      await Promise.all(taken.map((client) => client.end().catch(() => undefined)));
      await expectAllOnce(scene);
    },
    patienceMs,
  );

  test(
    'somebody keeps a transaction open all the time',
    async () => {
      const server = await openOwnServer();
      const client = new pg.Client(server.url);
      await client.connect();
      onTestFinished(() => client.end().catch(() => undefined));
      await client.query('begin isolation level repeatable read');
      await client.query('select txid_current()');
      await expectAllOnce(await openScene({ server }));
      await client.query('commit');
    },
    patienceMs,
  );

  test(
    'the network swallows what is on its way, and says nothing',
    async () => {
      const server = await openOwnServer();
      const proxy = await openTcpProxy(server.url);
      onTestFinished(() => proxy.close());
      const scene = await openScene({ server, way: proxy.url, lease: '10s' });
      proxy.strand();
      await expectAllOnce(scene);
    },
    patienceMs,
  );
});

test(
  'three workers on one database claim no run twice',
  async () => {
    const runs = torture ? 100_000 : 5_000;
    const ground = await openGround('postgres');
    const ids: RunId[] = [];
    for (let n = 0; n < runs; n += 1_000) {
      const items = Array.from({ length: Math.min(1_000, runs - n) }, () => ({ input: null }));
      ids.push(...(await ground.client.enqueueMany('noted', items)).map(({ id }) => id));
    }
    await Promise.all([1, 2, 3].map(() => ground.worker({ concurrency: 200 })));
    await until('all are noted', () => ground.ledger().length >= runs, patienceMs);
    await finished(ground, ids);
    const ledger = ground.ledger();
    expect(new Set(ledger.map(({ run }) => run)).size).toBe(runs);
    expect(ledger.length).toBe(runs);
    expect(new Set(ledger.map(({ pid }) => pid)).size).toBe(3);
  },
  patienceMs,
);

/** Three workers in the middle of many runs. */
async function openScene(how: { server?: OwnServer; way?: string; lease?: string } = {}): Promise<Scene> {
  const server = how.server ?? (await openOwnServer());
  const ground = await openGround('postgres', { lease: how.lease ?? '2s', server: server.url });
  await ground.client.list({ limit: 1 });
  const store = way(ground.store, how.way);
  const workers = await Promise.all([1, 2, 3].map(() => ground.worker({ concurrency: 5, store })));
  const items = Array.from({ length: size.runs }, () => ({ input: { steps: 3, ms: size.stepMs } }));
  const ids = (await ground.client.enqueueMany('steps', items)).map(({ id }) => id);
  const scene = { server, ground, ids, workers };
  await goesOn(scene);
  return scene;
}

/** The store's URL by way of a proxy. */
function way(store: string, through: string | undefined): string {
  const url = new URL(store);
  if (through !== undefined) url.port = new URL(through).port;
  return url.href;
}

/** Some more steps are done, by themselves; or all of them are. */
async function goesOn({ ground, ids }: Scene): Promise<void> {
  const before = ground.ledger().length;
  const all = ids.length * 3;
  await until('work goes on', () => ground.ledger().length > Math.min(before + 15, all - 1), 60_000);
}

/**
 * Nothing is lost and nothing done twice, as the handlers wrote it down elsewhere: no worker died, so each step was
 * executed once, and no run was taken from a worker that lived.
 */
async function expectAllOnce({ ground, ids, workers }: Scene): Promise<void> {
  await finished(ground, ids);
  const steps = ground.ledger().map(({ run, step }) => `${run} ${step}`);
  expect(new Set(steps).size).toBe(ids.length * 3);
  expect(steps.length).toBe(ids.length * 3);
  for (let n = 0; n < ids.length; n += 500) {
    const runs = await ground.client.getMany(ids.slice(n, n + 500));
    const odd = runs.filter((run) => run?.state !== 'succeeded' || run.output !== '3' || run.crashes !== 0);
    expect(odd).toEqual([]);
  }
  expect(workers.map(({ child }) => child.exitCode)).toEqual([null, null, null]);
  expect(workers.map(({ stderr }) => stderr()).join('')).not.toMatch(/taken over|buried/);
}

async function finished({ client }: Ground, ids: readonly RunId[]): Promise<void> {
  const isOver = async () => {
    const { items } = await client.list({ states: ['queued', 'running', 'waiting'], limit: 1 });
    return items.length === 0;
  };
  await until(`${ids.length} runs have ended`, () => isOver().catch(() => false), patienceMs);
}

async function asAdmin(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  await work(client);
  await client.end();
}

function killOthers(client: pg.Client): Promise<unknown> {
  return client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
}

/** All that the server gives: those of the workers are killed, and their places are taken, until none is left to them. */
async function takeAllConnections(url: string): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  const takeOne = async () => {
    const client = new pg.Client(url);
    client.on('error', () => undefined);
    await client.connect();
    taken.push(client);
  };
  await until(
    'no connection is free, and none is a worker’s',
    async () => {
      const tries = await Promise.allSettled(Array.from({ length: 20 }, takeOne));
      if (tries.some(({ status }) => status === 'fulfilled')) return false;
      return (await killOthersThan(taken)) === 0;
    },
    60_000,
  );
  return taken;
}

async function killOthersThan(taken: readonly pg.Client[]): Promise<number> {
  const ours = await Promise.all(taken.map(pidOf));
  const answer = await taken[0]?.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> all($1)`,
    [ours],
  );
  return answer?.rows.length ?? 0;
}

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() pid');
  return rows[0]?.pid ?? 0;
}

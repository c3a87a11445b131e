import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test as plainTest } from 'vitest';
import type { RunId } from '../../src/job/run.ts';
import { admins, type Session } from '../support/database-admin.ts';
import { openOwnServer, type OwnServer } from '../support/own-server.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { openFixture, type Fixture, type WorkerProcess } from '../support/worker-processes.ts';

const torture = process.env['TORTURE'] === '1';
/** Runs of three steps each; what is done to the server lasts so long. */
const size = torture ? { runs: 2_000, ms: 20_000, stepMs: 50 } : { runs: 150, ms: 4_000, stepMs: 60 };
const patienceMs = torture ? 900_000 : 240_000;
const { given } = JSON.parse(process.env['TEST_SERVERS'] ?? '{"given":[]}') as { given: string[] };

type Kind = 'postgres' | 'mysql';

interface Harness {
  readonly server: OwnServer;
  readonly fixture: Fixture;
  readonly ids: readonly RunId[];
  readonly workers: readonly WorkerProcess[];
}

describe.each<Kind>(['postgres', 'mysql'])('faults with work going on, on %s', (kind) => {
  const admin = admins[kind];
  // Where somebody hands us a server, there may be no program here to start one that we may hurt.
  const test = (name: string, work: () => Promise<void>) =>
    plainTest.skipIf(given.includes(kind))(name, work, patienceMs);

  test('VT-17 the server is restarted, three times', async () => {
    const harness = await openHarness(kind);
    for (let n = 0; n < 3; n++) {
      await harness.server.restart();
      await goesOn(harness);
    }
    await expectAllOnce(harness);
  });

  test('all connections are killed, every second', async () => {
    const harness = await openHarness(kind);
    const end = performance.now() + size.ms;
    while (performance.now() < end) {
      const session = await admin.connect(harness.server.url);
      await admin.killOthersThan([session]);
      await session.end();
      await sleep(1_000);
    }
    await expectAllOnce(harness);
  });

  test('the server stands still', async () => {
    const harness = await openHarness(kind);
    harness.server.pause();
    await sleep(size.ms / 2);
    const done = harness.fixture.ledger().length; // steps that were going on have ended, no other begins
    await sleep(size.ms / 2);
    expect(harness.fixture.ledger().length).toBe(done);
    harness.server.resume();
    await expectAllOnce(harness);
  });

  test('the server has no connection free', async () => {
    // One worker may keep a connection for longer than the others: a lease that outlasts that takes none for dead.
    const harness = await openHarness(kind, { lease: '30s' });
    const taken = await takeAllConnections(harness.server.url);
    await expect(admin.connect(harness.server.url)).rejects.toMatchObject({ code: admin.full });
    await sleep(size.ms);
    await Promise.all(taken.map((session) => session.end()));
    await expectAllOnce(harness);
  });

  test('somebody keeps a transaction open all the time', async () => {
    const server = await openOwnServer(kind);
    const session = await admin.connect(server.url);
    onTestFinished(() => session.end());
    for (const statement of admin.beginLong) await session.query(statement);
    await expectAllOnce(await openHarness(kind, { server }));
    await session.query('commit');
  });

  test('the network swallows what is on its way, and says nothing', async () => {
    const server = await openOwnServer(kind);
    const proxy = await openTcpProxy(server.url);
    onTestFinished(() => proxy.close());
    const harness = await openHarness(kind, { server, way: proxy.url, lease: '10s' });
    proxy.strand();
    await expectAllOnce(harness);
  });

  test('three workers on one database claim no run twice', async () => {
    const runs = torture ? 100_000 : 5_000;
    const server = await openOwnServer(kind);
    const fixture = await openFixture(kind, { store: server.url });
    for (let n = 0; n < runs; n += 1_000) {
      await fixture.client.enqueueMany(
        'noted',
        Array.from({ length: 1_000 }, () => ({ input: null })),
      );
    }
    await Promise.all([1, 2, 3].map(() => fixture.worker({ concurrency: 200 })));
    await finished(fixture, runs);
    const ledger = fixture.ledger();
    expect(new Set(ledger.map(({ run }) => run)).size).toBe(runs);
    expect(ledger.length).toBe(runs);
    expect(new Set(ledger.map(({ pid }) => pid)).size).toBe(3);
  });

  /** All that the server gives: those of the workers are killed, and their places taken, until none is left to them. */
  async function takeAllConnections(url: string): Promise<Session[]> {
    const taken: Session[] = [];
    const takeOne = async () => void taken.push(await admin.connect(url));
    await until(
      'no connection is free, and none is a worker’s',
      async () => {
        const tries = await Promise.allSettled(Array.from({ length: 20 }, takeOne));
        if (tries.some(({ status }) => status === 'fulfilled')) return false;
        return (await admin.killOthersThan(taken)) === 0;
      },
      60_000,
    );
    return taken;
  }
});

/** Three workers in the middle of many runs. */
async function openHarness(
  kind: Kind,
  how: { server?: OwnServer; way?: string; lease?: string } = {},
): Promise<Harness> {
  const server = how.server ?? (await openOwnServer(kind));
  const fixture = await openFixture(kind, { lease: how.lease ?? '2s', store: server.url });
  await fixture.client.list({ limit: 1 });
  const store = way(fixture.store, how.way);
  const workers = await Promise.all([1, 2, 3].map(() => fixture.worker({ concurrency: 5, store })));
  const items = Array.from({ length: size.runs }, () => ({ input: { steps: 3, ms: size.stepMs } }));
  const ids = (await fixture.client.enqueueMany('steps', items)).map(({ id }) => id);
  const harness = { server, fixture, ids, workers };
  await goesOn(harness);
  return harness;
}

/** The store's URL by way of a proxy. */
function way(store: string, through: string | undefined): string {
  const url = new URL(store);
  if (through !== undefined) url.port = new URL(through).port;
  return url.href;
}

/** Some more steps are done, by themselves; or all of them are. */
async function goesOn({ fixture, ids }: Harness): Promise<void> {
  const before = fixture.ledger().length;
  const all = ids.length * 3;
  await until('work goes on', () => fixture.ledger().length > Math.min(before + 15, all - 1), 60_000);
}

/**
 * Nothing is lost and nothing done twice, as the handlers wrote it down elsewhere: no worker died, so each step was
 * executed once, and no run was taken from a worker that lived.
 */
async function expectAllOnce({ fixture, ids, workers }: Harness): Promise<void> {
  await finished(fixture, ids.length);
  const steps = fixture.ledger().map(({ run, step }) => `${run} ${step}`);
  expect(new Set(steps).size).toBe(ids.length * 3);
  expect(steps.length).toBe(ids.length * 3);
  for (let n = 0; n < ids.length; n += 500) {
    const runs = await fixture.client.getMany(ids.slice(n, n + 500));
    const wrong = runs.filter((run) => run?.state !== 'succeeded' || run.output !== '3' || run.crashes !== 0);
    expect(wrong).toEqual([]);
  }
  expect(workers.map(({ child }) => child.exitCode)).toEqual([null, null, null]);
  expect(workers.map(({ stderr }) => stderr()).join('')).not.toMatch(/taken over/);
}

async function finished({ client }: Fixture, runs: number): Promise<void> {
  const isOver = async () => {
    const { items } = await client.list({ states: ['queued', 'running', 'waiting'], limit: 1 });
    return items.length === 0;
  };
  await until(`${runs} runs have ended`, () => isOver().catch(() => false), patienceMs);
}

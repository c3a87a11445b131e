import { writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunId } from '../../src/job/run.ts';
import { freeze, halt, lockFile, thaw } from '../support/freeze.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import {
  openGround,
  type Ground,
  type WorkerProcess,
  storeKinds,
  type StoreKind,
} from '../support/worker-processes.ts';

/** Takeovers need polls that are not late, and the machine may be busy. */
const patienceMs = 60_000;
/** Short, and long enough that a disk which takes a second to answer kills nobody. */
const lease = '2s';

describe.each(storeKinds)('zombies on %s', (kind) => {
  test('VT-12 a worker stopped past its lease is refused every write, hears of it, and works on', async () => {
    const ground = await openGround(kind, { lease });
    const elder = await ground.worker();
    const gate = ground.path('gate');
    const { id } = await ground.client.enqueue('zombie', { steps: 8, ms: 100, gate });
    await until('the elder is at the third step', () => stepsOf(ground, id, elder).includes(2));
    const heir = await ground.worker();
    await freeze(ground, elder);
    await until('the heir has it', () => stepsOf(ground, id, heir).length > 0, patienceMs);
    writeFileSync(gate, ''); // the first thing that the elder does will be to record the third step
    thaw(elder);

    await aborted(ground, id, elder);
    const run = await ground.client.wait(id, { timeout: '60s' });
    expect(run).toMatchObject({ state: 'succeeded', output: String(heir.pid), crashes: 0 });
    const by = (run.steps ?? (await recorded(ground, id))).map(({ output }) => Number(output));
    // What the elder recorded before, then only the heir's: no later write of the elder was taken.
    expect(by).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => (i < 2 ? elder : heir).pid));
    // At its next step at the latest the elder knew: the one in progress, and no other behind it.
    expect(stepsOf(ground, id, elder)).toEqual([0, 1, 2]);

    heir.kill('SIGKILL');
    await heir.exited;
    const next = await ground.client.enqueue('zombie', { steps: 1, ms: 1 });
    expect(await next.result({ timeout: '60s' })).toBe(elder.pid);
  }, 180_000);

  test('VT-12 a record that reaches the store behind the takeover is not taken', async () => {
    const scene = await openScene(kind);
    const { ground, id, elder } = scene;
    const letGo = await scene.hold();
    scene.openGate();
    await until('the record is on its way', () => said(ground, id, elder, 'sent'));
    await scene.stop?.();
    if (kind === 'sqlite') letGo();
    await until('the heir has it', () => stepsOf(ground, id, scene.heir).length > 0, patienceMs);
    await ground.client.wait(id, { timeout: '60s' });
    if (kind !== 'sqlite') letGo();
    else thaw(elder);

    await aborted(ground, id, elder);
    const steps = await recorded(ground, id);
    expect(steps.map(({ key, output }) => [key, Number(output)])).toEqual(
      ['first', 'second', 'third'].map((key) => [key, scene.heir.pid]),
    );
    expect(stepsOf(ground, id, elder)).toEqual(['first']);
    await worksOn(ground, elder, scene.heir);
  }, 180_000);

  test('VT-12 a record committed before the takeover is kept, though its worker heard of it only afterwards', async () => {
    const scene = await openScene(kind);
    const { ground, id, elder, heir } = scene;
    const letGo = await scene.hold('answers');
    scene.openGate();
    await until('the record is on its way', () => said(ground, id, elder, 'sent'));
    if (kind === 'sqlite') {
      // Its main loop stands still, so that the answer of its writer's thread is not heard before it is stopped.
      writeFileSync(ground.path('block'), String(elder.pid));
      await until('its main loop stands still', () => said(ground, id, elder, 'blocked'));
      letGo();
    }
    await until('the store has it', async () => (await recorded(ground, id)).length === 1);
    if (kind === 'sqlite') await freeze(ground, elder);
    await until('the heir has it', () => stepsOf(ground, id, heir).length > 0, patienceMs);
    await ground.client.wait(id, { timeout: '60s' });
    if (kind !== 'sqlite') letGo();
    writeFileSync(ground.path('go'), '');
    thaw(elder);

    await aborted(ground, id, elder);
    const steps = await recorded(ground, id);
    expect(steps.map(({ key, output }) => [key, Number(output)])).toEqual([
      ['first', elder.pid],
      ['second', heir.pid],
      ['third', heir.pid],
    ]);
    expect(stepsOf(ground, id, heir)).toEqual(['second', 'third']);
    await worksOn(ground, elder, heir);
  }, 180_000);
});

interface Scene {
  readonly ground: Ground;
  readonly id: RunId;
  readonly elder: WorkerProcess;
  readonly heir: WorkerProcess;
  openGate(): void;
  /** Keeps the elder's next group from the store, or the store's answers from the elder. Returns the way to let go. */
  hold(way?: 'questions' | 'answers'): Promise<() => void>;
  /** Where a held group does not hold the beats too. */
  readonly stop: (() => Promise<void>) | undefined;
}

/** A worker in the first step of a run, and another that watches it. */
async function openScene(kind: StoreKind): Promise<Scene> {
  const ground = await openGround(kind, { lease });
  const proxy = kind !== 'sqlite' ? await openTcpProxy(ground.store) : undefined;
  onTestFinished(() => proxy?.close());
  const elder = await ground.worker(proxy && { store: proxy.url });
  const [gate, block, go] = ['gate', 'block', 'go'].map((name) => ground.path(name));
  const { id } = await ground.client.enqueue('gated', { gate, block, go });
  await until('the elder is in the first step', () => stepsOf(ground, id, elder).length === 1);
  const heir = await ground.worker();
  return {
    ground,
    id,
    elder,
    heir,
    openGate: () => writeFileSync(ground.path('gate'), ''),
    async hold(way = 'questions') {
      if (!proxy) return lockFile(ground.store);
      proxy.hold(way);
      return () => proxy.release();
    },
    // It waits for the lock that the test holds, so it is not inside a commit.
    stop: proxy ? undefined : () => halt(elder),
  };
}

const stepsOf = (ground: Ground, id: RunId, { pid }: WorkerProcess) =>
  ground
    .ledger()
    .flatMap((line) => (line.run === id && line.pid === pid && line.step !== undefined ? [line.step] : []));

const said = (ground: Ground, id: RunId, { pid }: WorkerProcess, event: string) =>
  ground.ledger().some((line) => line.run === id && line.pid === pid && line.event === event);

async function aborted(ground: Ground, id: RunId, worker: WorkerProcess): Promise<void> {
  const word = await until(
    'its signal has aborted',
    () => ground.ledger().find((line) => line.run === id && line.pid === worker.pid && line.event === 'aborted'),
    patienceMs,
  );
  expect(word.reason).toBe('RUN_LOST');
}

const recorded = async (ground: Ground, id: RunId) => (await ground.client.find(id, { steps: true })).steps ?? [];

/** It has enrolled anew and takes work: the only one that is left. */
async function worksOn(ground: Ground, worker: WorkerProcess, other: WorkerProcess): Promise<void> {
  other.kill('SIGKILL');
  await other.exited;
  const next = await ground.client.enqueue('zombie', { steps: 1, ms: 1 });
  expect(await next.result({ timeout: '60s' })).toBe(worker.pid);
}

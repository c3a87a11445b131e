import { writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunId } from '../../src/job/run.ts';
import { freeze, halt, lockFile, thaw } from '../support/freeze.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import {
  openFixture,
  type Fixture,
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
    const fixture = await openFixture(kind, { lease });
    const previous = await fixture.worker();
    const gate = fixture.path('gate');
    const { id } = await fixture.client.enqueue('zombie', { steps: 8, ms: 100, gate });
    await until('the previous worker is at the third step', () => stepsOf(fixture, id, previous).includes(2));
    const heir = await fixture.worker();
    await freeze(fixture, previous);
    await until('the heir has it', () => stepsOf(fixture, id, heir).length > 0, patienceMs);
    writeFileSync(gate, ''); // the first thing that the previous worker does will be to record the third step
    thaw(previous);

    await aborted(fixture, id, previous);
    const run = await fixture.client.wait(id, { timeout: '60s' });
    expect(run).toMatchObject({ state: 'succeeded', output: String(heir.pid), crashes: 0 });
    const by = (run.steps ?? (await recorded(fixture, id))).map(({ output }) => Number(output));
    // What the previous worker recorded before, then only the heir's: no later write of the previous worker was taken.
    expect(by).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => (i < 2 ? previous : heir).pid));
    // At its next step at the latest the previous worker knew: the one in progress, and no other behind it.
    expect(stepsOf(fixture, id, previous)).toEqual([0, 1, 2]);

    heir.kill('SIGKILL');
    await heir.exited;
    const next = await fixture.client.enqueue('zombie', { steps: 1, ms: 1 });
    expect(await next.result({ timeout: '60s' })).toBe(previous.pid);
  }, 180_000);

  test('VT-12 a record that reaches the store behind the takeover is not taken', async () => {
    const harness = await openHarness(kind);
    const { fixture, id, previous } = harness;
    const letGo = await harness.hold();
    harness.openGate();
    await until('the record is on its way', () => said(fixture, id, previous, 'sent'));
    await harness.stop?.();
    if (kind === 'sqlite') letGo();
    await until('the heir has it', () => stepsOf(fixture, id, harness.heir).length > 0, patienceMs);
    await fixture.client.wait(id, { timeout: '60s' });
    if (kind !== 'sqlite') letGo();
    else thaw(previous);

    await aborted(fixture, id, previous);
    const steps = await recorded(fixture, id);
    expect(steps.map(({ key, output }) => [key, Number(output)])).toEqual(
      ['first', 'second', 'third'].map((key) => [key, harness.heir.pid]),
    );
    expect(stepsOf(fixture, id, previous)).toEqual(['first']);
    await worksOn(fixture, previous, harness.heir);
  }, 180_000);

  test('VT-12 a record committed before the takeover is kept, though its worker heard of it only afterwards', async () => {
    const harness = await openHarness(kind);
    const { fixture, id, previous, heir } = harness;
    const letGo = await harness.hold('answers');
    harness.openGate();
    await until('the record is on its way', () => said(fixture, id, previous, 'sent'));
    if (kind === 'sqlite') {
      // Its main loop stands still, so that the answer of its writer's thread is not heard before it is stopped.
      writeFileSync(fixture.path('block'), String(previous.pid));
      await until('its main loop stands still', () => said(fixture, id, previous, 'blocked'));
      letGo();
    }
    await until('the store has it', async () => (await recorded(fixture, id)).length === 1);
    if (kind === 'sqlite') await freeze(fixture, previous);
    await until('the heir has it', () => stepsOf(fixture, id, heir).length > 0, patienceMs);
    await fixture.client.wait(id, { timeout: '60s' });
    if (kind !== 'sqlite') letGo();
    writeFileSync(fixture.path('go'), '');
    thaw(previous);

    await aborted(fixture, id, previous);
    const steps = await recorded(fixture, id);
    expect(steps.map(({ key, output }) => [key, Number(output)])).toEqual([
      ['first', previous.pid],
      ['second', heir.pid],
      ['third', heir.pid],
    ]);
    expect(stepsOf(fixture, id, heir)).toEqual(['second', 'third']);
    await worksOn(fixture, previous, heir);
  }, 180_000);
});

interface Harness {
  readonly fixture: Fixture;
  readonly id: RunId;
  readonly previous: WorkerProcess;
  readonly heir: WorkerProcess;
  openGate(): void;
  /** Keeps the previous worker's next group from the store, or the store's answers from the previous worker. Returns the way to let go. */
  hold(way?: 'questions' | 'answers'): Promise<() => void>;
  /** Where a held group does not hold the heartbeats too. */
  readonly stop: (() => Promise<void>) | undefined;
}

/** A worker in the first step of a run, and another that watches it. */
async function openHarness(kind: StoreKind): Promise<Harness> {
  const fixture = await openFixture(kind, { lease });
  const proxy = kind !== 'sqlite' ? await openTcpProxy(fixture.store) : undefined;
  onTestFinished(() => proxy?.close());
  const previous = await fixture.worker(proxy && { store: proxy.url });
  const [gate, block, go] = ['gate', 'block', 'go'].map((name) => fixture.path(name));
  const { id } = await fixture.client.enqueue('gated', { gate, block, go });
  await until('the previous worker is in the first step', () => stepsOf(fixture, id, previous).length === 1);
  const heir = await fixture.worker();
  return {
    fixture,
    id,
    previous,
    heir,
    openGate: () => writeFileSync(fixture.path('gate'), ''),
    async hold(way = 'questions') {
      if (!proxy) return lockFile(fixture.store);
      proxy.hold(way);
      return () => proxy.release();
    },
    // It waits for the lock that the test holds, so it is not inside a commit.
    stop: proxy ? undefined : () => halt(previous),
  };
}

const stepsOf = (fixture: Fixture, id: RunId, { pid }: WorkerProcess) =>
  fixture
    .ledger()
    .flatMap((line) => (line.run === id && line.pid === pid && line.step !== undefined ? [line.step] : []));

const said = (fixture: Fixture, id: RunId, { pid }: WorkerProcess, event: string) =>
  fixture.ledger().some((line) => line.run === id && line.pid === pid && line.event === event);

async function aborted(fixture: Fixture, id: RunId, worker: WorkerProcess): Promise<void> {
  const word = await until(
    'its signal has aborted',
    () => fixture.ledger().find((line) => line.run === id && line.pid === worker.pid && line.event === 'aborted'),
    patienceMs,
  );
  expect(word.reason).toBe('RUN_LOST');
}

const recorded = async (fixture: Fixture, id: RunId) => (await fixture.client.find(id, { steps: true })).steps ?? [];

/** It has registered anew and takes work: the only one that is left. */
async function worksOn(fixture: Fixture, worker: WorkerProcess, other: WorkerProcess): Promise<void> {
  other.kill('SIGKILL');
  await other.exited;
  const next = await fixture.client.enqueue('zombie', { steps: 1, ms: 1 });
  expect(await next.result({ timeout: '60s' })).toBe(worker.pid);
}

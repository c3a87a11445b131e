import { newId } from '../../std/id.ts';
import { ended, registration, newRun } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

export function aboutRegisterAndHeartbeat({ it, expect }: Contract): void {
  it('a registered worker is listed with what it said of itself, heartbeat 0', async (harness) => {
    const before = await harness.now();
    const worker = registration({ node: 'vm-1', jobs: ['a', 'b'], slots: 7, version: '2.1.0' });
    await harness.store.registerWorker(worker);
    const view = only(await harness.store.workers());
    const { id, identity } = worker;
    expect({ ...view, registeredAt: 0 }).toEqual({
      id,
      node: 'vm-1',
      heartbeat: 0,
      stalled: false,
      load: 0,
      slots: 7,
      jobs: ['a', 'b'],
      version: '2.1.0',
      identity,
      registeredAt: 0,
      running: [],
    });
    expect(view.registeredAt >= before && view.registeredAt <= (await harness.now())).toBe(true);
  });

  it('registering again under the same id leaves one worker', async (harness) => {
    const worker = registration();
    await harness.store.registerWorker(worker);
    await harness.store.registerWorker(worker);
    expect((await harness.store.workers()).length).toBe(1);
  });

  it('each heartbeat raises the counter of that worker by one and no other', async (harness) => {
    const [a, b] = [await harness.worker(), await harness.worker()];
    await harness.heartbeat(a);
    await harness.heartbeat(a);
    expect([await harness.heartbeatOf(a), await harness.heartbeatOf(b)]).toEqual([2, 0]);
  });

  it('heartbeats from two handles at the same time all count', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 ? harness.store : other).heartbeat({ worker })));
    expect(await harness.heartbeatOf(worker)).toBe(40);
  });

  it('a heartbeat carries load and whether the main loop stands still', async (harness) => {
    const worker = await harness.worker();
    await harness.store.heartbeat({ worker, load: 3, stalled: true });
    expect(only(await harness.store.workers())).toMatchObject({ load: 3, stalled: true });
    await harness.store.heartbeat({ worker, load: 0, stalled: false });
    expect(only(await harness.store.workers())).toMatchObject({ load: 0, stalled: false });
  });

  it('a newcomer that replaces a node evicts its living workers and no others', async (harness) => {
    const previous = await harness.worker({ node: 'vm-1' });
    const neighbour = await harness.worker({ node: 'vm-2' });
    const claim = await harness.running(previous);
    const kept = await harness.running(neighbour);
    const newcomer = await harness.worker({ node: 'vm-1', replaces: 'vm-1' });
    expect(await harness.heartbeat(previous)).toEqual({ evicted: true });
    expect((await harness.held(neighbour)).length).toBe(1);
    expect((await harness.heartbeat(newcomer)).evicted).toBe(false);
    expect(await harness.run(claim.run)).toMatchObject({ state: 'queued', crashes: 0, epoch: claim.epoch + 1 });
    expect(await harness.record(previous, ended(claim))).toEqual(['stale']);
    expect(await harness.record(neighbour, ended(kept))).toEqual(['ok']);
  });

  it('a run taken by a newcomer does not fail at its limit of crashes', async (harness) => {
    const previous = await harness.worker({ node: 'vm-1' });
    const claim = await harness.running(previous, { maxCrashes: 1 });
    await harness.worker({ node: 'vm-1', replaces: 'vm-1' });
    expect(await harness.run(claim.run)).toMatchObject({ state: 'queued', crashes: 0 });
  });

  it('a worker that replaces nobody leaves its namesake alive', async (harness) => {
    const previous = await harness.worker({ node: 'vm-1' });
    await harness.worker({ node: 'vm-1' });
    expect((await harness.heartbeat(previous)).evicted).toBe(false);
    expect((await harness.store.workers()).length).toBe(2);
  });

  it('a registration that is sent again neither evicts the one who came after nor brings itself back', async (harness) => {
    const [first, second] = [
      registration({ node: 'vm-1', replaces: 'vm-1' }),
      registration({ node: 'vm-1', replaces: 'vm-1' }),
    ];
    await harness.store.registerWorker(first);
    await harness.store.registerWorker(second);
    await harness.store.registerWorker(first);
    expect((await harness.heartbeat(first.id)).evicted).toBe(true);
    expect((await harness.heartbeat(second.id)).evicted).toBe(false);
  });

  it('an evicted worker is not listed any more', async (harness) => {
    const [dead, alive] = [await harness.worker(), await harness.worker()];
    await harness.evict(dead);
    expect((await harness.store.workers()).map(({ id }) => id)).toEqual([alive]);
  });

  it('a worker that the store does not know is told that it is evicted', async (harness) => {
    expect(await harness.heartbeat(newId())).toEqual({ evicted: true });
  });

  it('workers lists the limits of held runs, and only of those that have one', async (harness) => {
    const worker = await harness.worker();
    const limits = [
      {},
      { timeoutMs: 5_000 },
      { timeoutMs: 5_000, deadlineMs: 3_600_000 },
      { deadlineMs: 50_000 },
      { timeoutMs: 60_000, deadlineMs: 50_000 },
    ];
    const submitted = await harness.store.submit(limits.map((over) => newRun({ holder: worker, ...over })));
    const ids = submitted.map(({ run }) => run.id);
    const { running } = only(await harness.store.workers());
    const found = ids.map((id) => running.find(({ run }) => run === id)?.limitMs ?? null);
    expect(found.slice(0, 3)).toEqual([null, 5_000, 5_000]);
    for (const limit of found.slice(3)) expect(limit !== null && limit > 0 && limit <= 50_000).toBe(true);
    expect(new Set(running.map(({ epoch }) => epoch))).toEqual(new Set([1]));
  });
}

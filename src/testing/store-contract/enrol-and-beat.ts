import { newId } from '../../std/id.ts';
import { ended, enrolment, newRun } from './builders.ts';
import type { Contract } from './contract.ts';
import { only } from './scene.ts';

export function aboutEnrolAndBeat({ it, expect }: Contract): void {
  it('an enrolled worker is listed with what it said of itself, beat 0', async (scene) => {
    const before = await scene.now();
    const worker = enrolment({ node: 'vm-1', jobs: ['a', 'b'], slots: 7, version: '2.1.0' });
    await scene.store.enrol(worker);
    const view = only(await scene.store.workers());
    const { id, identity } = worker;
    expect({ ...view, enrolledAt: 0 }).toEqual({
      id,
      node: 'vm-1',
      beat: 0,
      stalled: false,
      load: 0,
      slots: 7,
      jobs: ['a', 'b'],
      version: '2.1.0',
      identity,
      enrolledAt: 0,
      running: [],
    });
    expect(view.enrolledAt >= before && view.enrolledAt <= (await scene.now())).toBe(true);
  });

  it('enrolling again under the same id leaves one worker', async (scene) => {
    const worker = enrolment();
    await scene.store.enrol(worker);
    await scene.store.enrol(worker);
    expect((await scene.store.workers()).length).toBe(1);
  });

  it('each beat raises the counter of that worker by one and no other', async (scene) => {
    const [a, b] = [await scene.worker(), await scene.worker()];
    await scene.beat(a);
    await scene.beat(a);
    expect([await scene.beatOf(a), await scene.beatOf(b)]).toEqual([2, 0]);
  });

  it('beats from two handles at the same time all count', async (scene) => {
    const other = await scene.second();
    const worker = await scene.worker();
    await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 ? scene.store : other).beat({ worker })));
    expect(await scene.beatOf(worker)).toBe(40);
  });

  it('a beat carries load and whether the main loop stands still', async (scene) => {
    const worker = await scene.worker();
    await scene.store.beat({ worker, load: 3, stalled: true });
    expect(only(await scene.store.workers())).toMatchObject({ load: 3, stalled: true });
    await scene.store.beat({ worker, load: 0, stalled: false });
    expect(only(await scene.store.workers())).toMatchObject({ load: 0, stalled: false });
  });

  it('a newcomer that replaces a node buries its living workers and no others', async (scene) => {
    const elder = await scene.worker({ node: 'vm-1' });
    const neighbour = await scene.worker({ node: 'vm-2' });
    const claim = await scene.running(elder);
    const kept = await scene.running(neighbour);
    const newcomer = await scene.worker({ node: 'vm-1', replaces: 'vm-1' });
    expect(await scene.beat(elder)).toEqual({ buried: true });
    expect((await scene.held(neighbour)).length).toBe(1);
    expect((await scene.beat(newcomer)).buried).toBe(false);
    expect(await scene.run(claim.run)).toMatchObject({ state: 'queued', crashes: 0, epoch: claim.epoch + 1 });
    expect(await scene.record(elder, ended(claim))).toEqual(['stale']);
    expect(await scene.record(neighbour, ended(kept))).toEqual(['ok']);
  });

  it('a run taken by a newcomer does not fail at its limit of crashes', async (scene) => {
    const elder = await scene.worker({ node: 'vm-1' });
    const claim = await scene.running(elder, { maxCrashes: 1 });
    await scene.worker({ node: 'vm-1', replaces: 'vm-1' });
    expect(await scene.run(claim.run)).toMatchObject({ state: 'queued', crashes: 0 });
  });

  it('a worker that replaces nobody leaves its namesake alive', async (scene) => {
    const elder = await scene.worker({ node: 'vm-1' });
    await scene.worker({ node: 'vm-1' });
    expect((await scene.beat(elder)).buried).toBe(false);
    expect((await scene.store.workers()).length).toBe(2);
  });

  it('an enrolment that is sent again neither buries the one who came after nor brings itself back', async (scene) => {
    const [first, second] = [
      enrolment({ node: 'vm-1', replaces: 'vm-1' }),
      enrolment({ node: 'vm-1', replaces: 'vm-1' }),
    ];
    await scene.store.enrol(first);
    await scene.store.enrol(second);
    await scene.store.enrol(first);
    expect((await scene.beat(first.id)).buried).toBe(true);
    expect((await scene.beat(second.id)).buried).toBe(false);
  });

  it('a buried worker is not listed any more', async (scene) => {
    const [dead, alive] = [await scene.worker(), await scene.worker()];
    await scene.bury(dead);
    expect((await scene.store.workers()).map(({ id }) => id)).toEqual([alive]);
  });

  it('a worker that the store does not know is told that it is buried', async (scene) => {
    expect(await scene.beat(newId())).toEqual({ buried: true });
  });

  it('workers lists the limits of held runs, and only of those that have one', async (scene) => {
    const worker = await scene.worker();
    const limits = [
      {},
      { timeoutMs: 5_000 },
      { timeoutMs: 5_000, deadlineMs: 3_600_000 },
      { deadlineMs: 50_000 },
      { timeoutMs: 60_000, deadlineMs: 50_000 },
    ];
    const submitted = await scene.store.submit(limits.map((over) => newRun({ holder: worker, ...over })));
    const ids = submitted.map(({ run }) => run.id);
    const { running } = only(await scene.store.workers());
    const found = ids.map((id) => running.find(({ run }) => run === id)?.limitMs ?? null);
    expect(found.slice(0, 3)).toEqual([null, 5_000, 5_000]);
    for (const limit of found.slice(3)) expect(limit !== null && limit > 0 && limit <= 50_000).toBe(true);
    expect(new Set(running.map(({ epoch }) => epoch))).toEqual(new Set([1]));
  });
}

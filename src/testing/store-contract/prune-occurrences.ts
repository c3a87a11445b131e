import type { Range } from '../../ports/store-schedule.ts';
import { ended, fireOf, occurrence, schedulePlan } from './builders.ts';
import type { Contract } from './contract.ts';
import type { Scene } from './scene.ts';

const instant = 1_700_000_000_000;

export function aboutPruneOccurrences({ it, expect }: Contract): void {
  it('the occurrence of a run is pruned with it, and not before', async (scene) => {
    await planned(scene, 'nightly', 'hourly');
    for (const n of [0, 1, 2]) await fired(scene, 'nightly', instant + n, { isOver: n < 2 });
    await fired(scene, 'hourly', instant, { isOver: false });
    await prune(scene);
    expect((await scene.listAll({ schedule: 'nightly' })).map(({ scheduledAt }) => scheduledAt)).toEqual([instant + 2]);
    const { occurrences } = scene.ground;
    if (!occurrences) return;
    expect(await occurrences('nightly')).toBe(1);
    expect(await occurrences('hourly')).toBe(1);
  });

  it('no instant up to that of a pruned run is fired again, all later ones are, and other schedules go on', async (scene) => {
    await planned(scene, 'nightly', 'hourly');
    for (const n of [1, 2, 3]) await fired(scene, 'nightly', instant + n, { isOver: n !== 2 });
    await prune(scene);
    const kept = (await scene.listAll({ schedule: 'nightly' })).map(({ id }) => id);
    expect(kept.length).toBe(1);
    for (const n of [0, 1, 2, 3]) await fired(scene, 'nightly', instant + n, { isOver: false });
    expect((await scene.listAll({ schedule: 'nightly' })).map(({ id }) => id)).toEqual(kept);
    await fired(scene, 'nightly', instant + 4, { isOver: false });
    await fired(scene, 'hourly', instant, { isOver: false });
    expect((await scene.listAll({ schedule: 'nightly' })).length).toBe(2);
    expect((await scene.listAll({ schedule: 'hourly' })).length).toBe(1);
  });

  it('a fire that was sent before the pruning and comes again after it is done already', async (scene) => {
    await planned(scene, 'nightly');
    const worker = await scene.worker();
    const { revision } = await scene.dueSchedule('nightly');
    const run = occurrence('nightly', instant, { holder: worker });
    const fire = fireOf('nightly', revision, { runs: [run], nextAt: instant + 1 });
    await scene.store.fire([fire]);
    await scene.recorded(worker, ended({ run: run.id, epoch: 1 }));
    await prune(scene);
    expect(await scene.store.fire([fire])).toEqual(['ok']);
    expect(await scene.listAll({})).toEqual([]);
  });

  it('an occurrence that was pruned keeps two ranges of one reason apart', async (scene) => {
    const { ranges } = scene.ground;
    if (!ranges) return;
    const [first, second] = [instant, instant + 2].map((at): Range => ({
      from: at,
      to: at,
      count: 1,
      reason: 'overlap',
    })) as [Range, Range];
    await planned(scene, 'nightly');
    await skipped(scene, 'nightly', first);
    await fired(scene, 'nightly', instant + 1, { isOver: true });
    await prune(scene);
    await skipped(scene, 'nightly', second);
    expect(await ranges('nightly')).toEqual([first, second]);
  });

  it('a leader that fires while runs are pruned fires no instant twice and leaves none out', async (scene) => {
    const other = await scene.second();
    await planned(scene, 'nightly');
    const made: string[] = [];
    for (let n = 0; n < 20; n++) {
      made.push(await fired(scene, 'nightly', instant + n, { isOver: true }));
      const { revision } = await scene.dueSchedule('nightly');
      const again = occurrence('nightly', instant + n);
      const next = occurrence('nightly', instant + 100 + n);
      await Promise.all([
        prune(scene),
        other.fire([fireOf('nightly', revision, { runs: [again, next], nextAt: instant + 1 })]),
      ]);
      expect(await scene.find(again.id)).toBe(null);
      expect((await scene.find(next.id))?.state).toBe('queued');
    }
    await prune(scene);
    for (const id of made) expect(await scene.find(id)).toBe(null);
  });
}

async function planned(scene: Scene, ...names: readonly string[]): Promise<void> {
  const schedules = names.map((name) => schedulePlan(name, { nextAt: instant }));
  await scene.store.plan({ app: 'shop', version: '1.0.0', schedules });
}

/** Fires one instant; with `isOver` its run has succeeded. Returns the run that was asked for. */
async function fired(scene: Scene, schedule: string, at: number, { isOver }: { isOver: boolean }): Promise<string> {
  const worker = await scene.worker();
  const { revision } = await scene.dueSchedule(schedule);
  const run = occurrence(schedule, at, isOver ? { holder: worker } : {});
  await scene.store.fire([fireOf(schedule, revision, { runs: [run], nextAt: instant + 1 })]);
  if (isOver) await scene.recorded(worker, ended({ run: run.id, epoch: 1 }));
  return run.id;
}

async function skipped(scene: Scene, schedule: string, range: Range): Promise<void> {
  const { revision } = await scene.dueSchedule(schedule);
  await scene.store.fire([fireOf(schedule, revision, { ranges: [range], nextAt: range.to + 1 })]);
}

/** Of finished runs none is kept. */
async function prune(scene: Scene): Promise<void> {
  const policy = { succeededMs: 1e15, failedMs: 1e15, succeededRuns: 0, failedRuns: 0 };
  await scene.store.prune({ policy, limit: 100 });
}

import type { Range } from '../../ports/store-schedule.ts';
import { ended, fireOf, occurrence, schedulePlan } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import type { Harness } from './harness/harness.ts';

const instant = 1_700_000_000_000;

export function aboutPruneOccurrences({ it, expect }: Contract): void {
  it('the occurrence of a run is pruned with it, and not before', async (harness) => {
    await planned(harness, 'nightly', 'hourly');
    for (const n of [0, 1, 2]) await fired(harness, 'nightly', instant + n, { isOver: n < 2 });
    await fired(harness, 'hourly', instant, { isOver: false });
    await prune(harness);
    expect((await harness.listAll({ schedule: 'nightly' })).map(({ scheduledAt }) => scheduledAt)).toEqual([
      instant + 2,
    ]);
    const { occurrences } = harness.fixture;
    if (!occurrences) return;
    expect(await occurrences('nightly')).toBe(1);
    expect(await occurrences('hourly')).toBe(1);
  });

  it('no instant up to that of a pruned run is fired again, all later ones are, and other schedules go on', async (harness) => {
    await planned(harness, 'nightly', 'hourly');
    for (const n of [1, 2, 3]) await fired(harness, 'nightly', instant + n, { isOver: n !== 2 });
    await prune(harness);
    const kept = (await harness.listAll({ schedule: 'nightly' })).map(({ id }) => id);
    expect(kept.length).toBe(1);
    for (const n of [0, 1, 2, 3]) await fired(harness, 'nightly', instant + n, { isOver: false });
    expect((await harness.listAll({ schedule: 'nightly' })).map(({ id }) => id)).toEqual(kept);
    await fired(harness, 'nightly', instant + 4, { isOver: false });
    await fired(harness, 'hourly', instant, { isOver: false });
    expect((await harness.listAll({ schedule: 'nightly' })).length).toBe(2);
    expect((await harness.listAll({ schedule: 'hourly' })).length).toBe(1);
  });

  it('a fire that was sent before the pruning and comes again after it is done already', async (harness) => {
    await planned(harness, 'nightly');
    const worker = await harness.worker();
    const { revision } = await harness.dueSchedule('nightly');
    const run = occurrence('nightly', instant, { holder: worker });
    const fire = fireOf('nightly', revision, { runs: [run], nextAt: instant + 1 });
    await harness.store.fire([fire]);
    await harness.recorded(worker, ended({ run: run.id, epoch: 1 }));
    await prune(harness);
    expect(await harness.store.fire([fire])).toEqual(['ok']);
    expect(await harness.listAll({})).toEqual([]);
  });

  it('an occurrence that was pruned keeps two ranges of one reason apart', async (harness) => {
    const { ranges } = harness.fixture;
    if (!ranges) return;
    const [first, second] = [instant, instant + 2].map((at): Range => ({
      from: at,
      to: at,
      count: 1,
      reason: 'overlap',
    })) as [Range, Range];
    await planned(harness, 'nightly');
    await skipped(harness, 'nightly', first);
    await fired(harness, 'nightly', instant + 1, { isOver: true });
    await prune(harness);
    await skipped(harness, 'nightly', second);
    expect(await ranges('nightly')).toEqual([first, second]);
  });

  it('a leader that fires while runs are pruned fires no instant twice and leaves none out', async (harness) => {
    const other = await harness.second();
    await planned(harness, 'nightly');
    const made: string[] = [];
    for (let n = 0; n < 20; n++) {
      made.push(await fired(harness, 'nightly', instant + n, { isOver: true }));
      const { revision } = await harness.dueSchedule('nightly');
      const again = occurrence('nightly', instant + n);
      const next = occurrence('nightly', instant + 100 + n);
      await Promise.all([
        prune(harness),
        other.fire([fireOf('nightly', revision, { runs: [again, next], nextAt: instant + 1 })]),
      ]);
      expect(await harness.find(again.id)).toBe(null);
      expect((await harness.find(next.id))?.state).toBe('queued');
    }
    await prune(harness);
    for (const id of made) expect(await harness.find(id)).toBe(null);
  });
}

async function planned(harness: Harness, ...names: readonly string[]): Promise<void> {
  const schedules = names.map((name) => schedulePlan(name, { nextAt: instant }));
  await harness.store.plan({ app: 'shop', version: '1.0.0', schedules });
}

/** Fires one instant; with `isOver` its run has succeeded. Returns the run that was asked for. */
async function fired(harness: Harness, schedule: string, at: number, { isOver }: { isOver: boolean }): Promise<string> {
  const worker = await harness.worker();
  const { revision } = await harness.dueSchedule(schedule);
  const run = occurrence(schedule, at, isOver ? { holder: worker } : {});
  await harness.store.fire([fireOf(schedule, revision, { runs: [run], nextAt: instant + 1 })]);
  if (isOver) await harness.recorded(worker, ended({ run: run.id, epoch: 1 }));
  return run.id;
}

async function skipped(harness: Harness, schedule: string, range: Range): Promise<void> {
  const { revision } = await harness.dueSchedule(schedule);
  await harness.store.fire([fireOf(schedule, revision, { ranges: [range], nextAt: range.to + 1 })]);
}

/** Of finished runs none is kept. */
async function prune(harness: Harness): Promise<void> {
  const policy = { succeededMs: 1e15, failedMs: 1e15, succeededRuns: 0, failedRuns: 0 };
  await harness.store.prune({ policy, limit: 100 });
}

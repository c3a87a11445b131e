import type { Fire, Range } from '../../ports/store-schedule.ts';
import { ended, fireOf, newRun, occurrence, pauseOf, schedulePlan } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only, type Harness } from './harness/harness.ts';

const instant = 1_700_000_000_000;

export function aboutFire({ it, expect }: Contract): void {
  it('it creates the occurrence and advances the schedule', async (harness) => {
    const revision = await planned(harness, 'nightly');
    const run = occurrence('nightly', instant, { key: 'nightly@1', input: '{"shop":"all"}' });
    expect(await harness.store.fire([fireOf('nightly', revision, { runs: [run], nextAt: instant + 60_000 })])).toEqual([
      'ok',
    ]);
    expect(await harness.run(run.id)).toMatchObject({
      state: 'queued',
      key: 'nightly@1',
      trigger: 'schedule',
      schedule: 'nightly',
      scheduledAt: instant,
      dueAt: instant,
      input: '{"shop":"all"}',
    });
    const after = await harness.dueSchedule('nightly');
    expect(after).toMatchObject({ nextAt: instant + 60_000, live: [run.id] });
    expect(after.revision > revision).toBe(true);
    expect(await harness.claimIds(await harness.worker())).toEqual([run.id]);
  });

  it('a claim of an occurrence carries its instant', async (harness) => {
    const revision = await planned(harness, 'nightly');
    await harness.store.fire([fireOf('nightly', revision, { runs: [occurrence('nightly', instant)] })]);
    const claim = only((await harness.claim(await harness.worker())).claims);
    expect(claim).toMatchObject({ trigger: 'schedule', scheduledAt: instant });
  });

  it('with an outdated revision, or for a schedule that does not exist, nothing of it happens', async (harness) => {
    const revision = await planned(harness, 'nightly');
    await harness.store.fire([fireOf('nightly', revision)]);
    const before = await harness.dueSchedule('nightly');
    const victim = newRun();
    await harness.store.submit([victim]);
    const late = fireOf('nightly', revision, {
      runs: [occurrence('nightly', instant)],
      cancels: [victim.id],
      nextAt: null,
    });
    expect(await harness.store.fire([late, fireOf('nobody', 0, { runs: [occurrence('nobody', instant)] })])).toEqual([
      'moved',
      'moved',
    ]);
    expect(await harness.dueSchedule('nightly')).toEqual(before);
    expect((await harness.listAll({})).map(({ id }) => id)).toEqual([victim.id]);
    expect(await harness.state(victim.id)).toBe('queued');
  });

  it('several fires are each done wholly or not at all, in order', async (harness) => {
    const [a, b, c] = [await planned(harness, 'a'), await planned(harness, 'b'), await planned(harness, 'c')];
    const fires = [
      fireOf('a', a, { runs: [occurrence('a', instant), occurrence('a', instant + 1)] }),
      fireOf('b', b + 1, { runs: [occurrence('b', instant)] }),
      fireOf('c', c, { runs: [occurrence('c', instant)] }),
    ];
    expect(await harness.store.fire(fires)).toEqual(['ok', 'moved', 'ok']);
    expect((await harness.listAll({ schedule: 'a' })).length).toBe(2);
    expect(await harness.listAll({ schedule: 'b' })).toEqual([]);
    expect((await harness.listAll({ schedule: 'c' })).length).toBe(1);
    expect(await harness.store.fire([])).toEqual([]);
  });

  it('a schedule that has no next instant is not due any more', async (harness) => {
    const revision = await planned(harness, 'once');
    await harness.store.fire([fireOf('once', revision, { runs: [occurrence('once', instant)], nextAt: null })]);
    const { schedules, nextAt } = await harness.store.due({ limit: 10 });
    expect({ schedules, nextAt }).toEqual({ schedules: [], nextAt: null });
  });

  it('a fire sent again is done already', async (harness) => {
    const revision = await planned(harness, 'nightly');
    const fire = fireOf('nightly', revision, { runs: [occurrence('nightly', instant)] });
    expect(await harness.store.fire([fire])).toEqual(['ok']);
    const before = await harness.dueSchedule('nightly');
    expect(await harness.store.fire([fire])).toEqual(['ok']);
    expect(await harness.dueSchedule('nightly')).toEqual(before);
    expect((await harness.listAll({})).length).toBe(1);
  });

  it('one instant of a schedule has one run for good, also after it was pruned', async (harness) => {
    const worker = await harness.worker();
    const first = occurrence('nightly', instant, { holder: worker });
    await harness.store.fire([fireOf('nightly', await planned(harness, 'nightly'), { runs: [first] })]);
    const again = async (): Promise<void> => {
      const { revision } = await harness.dueSchedule('nightly');
      await harness.store.fire([fireOf('nightly', revision, { runs: [occurrence('nightly', instant)] })]);
    };
    await again();
    expect((await harness.listAll({ schedule: 'nightly' })).map(({ id }) => id)).toEqual([first.id]);
    await harness.recorded(worker, ended({ run: first.id, epoch: 1 }));
    await again();
    expect((await harness.listAll({ schedule: 'nightly' })).map(({ id }) => id)).toEqual([first.id]);
    const policy = { succeededMs: 1e15, failedMs: 1e15, succeededRuns: 0, failedRuns: 0 };
    await harness.store.prune({ policy, limit: 10 });
    expect(await harness.find(first.id)).toBe(null);
    await again();
    expect(await harness.listAll({ schedule: 'nightly' })).toEqual([]);
  });

  it('two leaders fire one revision at the same time and exactly one does', async (harness) => {
    const other = await harness.second();
    let revision = await planned(harness, 'nightly');
    for (let round = 0; round < 40; round++) {
      const scheduledAt = instant + round * 1_000;
      const fires = [1, 2].map(() =>
        fireOf('nightly', revision, { runs: [occurrence('nightly', scheduledAt)], nextAt: scheduledAt + 1_000 }),
      );
      const verdicts = await Promise.all([
        (round % 2 ? other : harness.store).fire([at(fires, 0)]),
        (round % 2 ? harness.store : other).fire([at(fires, 1)]),
      ]);
      expect(verdicts.map((verdict) => only(verdict)).toSorted()).toEqual(['moved', 'ok']);
      const winner = only(at(fires, only(at(verdicts, 0)) === 'ok' ? 0 : 1).runs);
      const due = await harness.dueSchedule('nightly');
      expect(due.live.at(-1)).toBe(winner.id);
      revision = due.revision;
    }
    const runs = await harness.listAll({ schedule: 'nightly' });
    expect(new Set(runs.map(({ scheduledAt }) => scheduledAt)).size).toBe(40);
    expect(runs.length).toBe(40);
  });

  it('leaders that fire many schedules in opposite orders both settle', async (harness) => {
    const other = await harness.second();
    const names = Array.from({ length: 20 }, (_, n) => `s${n}`);
    await harness.store.plan({ app: 'shop', version: '1.0.0', schedules: names.map((name) => schedulePlan(name)) });
    for (let round = 0; round < 5; round++) {
      const { schedules } = await harness.store.due({ limit: 100 });
      const fires = (): Fire[] =>
        schedules.map(({ name, revision }) =>
          fireOf(name, revision, { runs: [occurrence(name, instant + round)], nextAt: instant + round + 1 }),
        );
      const [a, b] = await Promise.all([harness.store.fire(fires()), other.fire(fires().toReversed())]);
      for (const [n, verdict] of b.toReversed().entries()) {
        expect([at(a, n), verdict].toSorted()).toEqual(['moved', 'ok']);
      }
    }
    expect((await harness.listAll({ trigger: 'schedule' })).length).toBe(100);
  });

  it('runs that the overlap policy cancels are cancelled in the same commit', async (harness) => {
    const worker = await harness.worker();
    const revision = await planned(harness, 'nightly');
    const [queued, running] = [
      occurrence('nightly', instant - 2),
      occurrence('nightly', instant - 1, { holder: worker }),
    ];
    await harness.store.submit([queued, running]);
    const next = occurrence('nightly', instant);
    const cancels = [queued.id, running.id, newRun().id];
    expect(await harness.store.fire([fireOf('nightly', revision, { runs: [next], cancels })])).toEqual(['ok']);
    expect(await harness.run(queued.id)).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
    expect(only(only(await harness.inboxes(worker)).items).kind).toBe('cancel');
    expect((await harness.dueSchedule('nightly')).live).toEqual([running.id, next.id]);
  });

  it('a pause that comes between due and fire is obeyed: the fire is outdated', async (harness) => {
    const revision = await planned(harness, 'nightly');
    await harness.act(pauseOf('schedule', 'nightly'));
    const fire = fireOf('nightly', revision, { runs: [occurrence('nightly', instant)] });
    expect(await harness.store.fire([fire])).toEqual(['moved']);
    expect(await harness.listAll({})).toEqual([]);
  });

  it('a paused schedule is advanced by ranges', async (harness) => {
    await planned(harness, 'nightly');
    await harness.act(pauseOf('schedule', 'nightly'));
    const { revision } = await harness.dueSchedule('nightly');
    const ranges: Range[] = [{ from: instant, to: instant + 5_000, count: 6, reason: 'paused' }];
    const nextAt = instant + 6_000;
    expect(await harness.store.fire([fireOf('nightly', revision, { ranges, nextAt })])).toEqual(['ok']);
    expect(await harness.dueSchedule('nightly')).toMatchObject({ nextAt, paused: 'maintenance', live: [] });
  });

  it('what did not run for one reason in a row is one range, another reason begins the next', async (harness) => {
    const { ranges } = harness.fixture;
    await planned(harness, 'nightly');
    const told: Range[] = [
      { from: instant, to: instant + 2_000, count: 3, reason: 'missed' },
      { from: instant + 3_000, to: instant + 3_000, count: 1, reason: 'missed' },
      { from: instant + 4_000, to: instant + 5_000, count: 2, reason: 'paused' },
      { from: instant + 6_000, to: instant + 9_000, count: 4, reason: 'paused' },
      { from: instant + 10_000, to: instant + 10_000, count: 1, reason: 'missed' },
    ];
    for (const range of told) {
      const { revision } = await harness.dueSchedule('nightly');
      const fire = fireOf('nightly', revision, { ranges: [range], nextAt: range.to + 1_000 });
      expect(await harness.store.fire([fire])).toEqual(['ok']);
      if (ranges) await harness.store.fire([fire]); // a repeat counts nothing twice
    }
    if (!ranges) return;
    expect(await ranges('nightly')).toEqual([
      { from: instant, to: instant + 3_000, count: 4, reason: 'missed' },
      { from: instant + 4_000, to: instant + 9_000, count: 6, reason: 'paused' },
      { from: instant + 10_000, to: instant + 10_000, count: 1, reason: 'missed' },
    ]);
  });

  it('an occurrence that ran between two ranges of one reason keeps them apart', async (harness) => {
    const { ranges } = harness.fixture;
    if (!ranges) return;
    const first: Range = { from: instant, to: instant, count: 1, reason: 'overlap' };
    const second: Range = { from: instant + 2_000, to: instant + 2_000, count: 1, reason: 'overlap' };
    await harness.store.fire([
      fireOf('nightly', await planned(harness, 'nightly'), {
        ranges: [first],
        runs: [occurrence('nightly', instant + 1_000)],
        nextAt: instant + 2_000,
      }),
    ]);
    const { revision } = await harness.dueSchedule('nightly');
    await harness.store.fire([fireOf('nightly', revision, { ranges: [second], nextAt: instant + 3_000 })]);
    expect(await ranges('nightly')).toEqual([first, second]);
  });
}

/** Declares a schedule that is due, and gives its revision. */
async function planned(harness: Harness, name: string): Promise<number> {
  await harness.store.plan({ app: 'shop', version: '1.0.0', schedules: [schedulePlan(name, { nextAt: instant })] });
  return (await harness.dueSchedule(name)).revision;
}

import { ended, fireOf, newRun, occurrence, pauseOf, resumeOf, schedulePlan } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import type { SchedulePlan } from '../../ports/store-schedule.ts';
import { only, type Harness } from './harness/harness.ts';

export function aboutPlanAndDue({ it, expect }: Contract): void {
  it('a declared schedule is not due before its first instant', async (harness) => {
    const nextAt = (await harness.now()) + 3_600_000;
    await plan(harness, [schedulePlan('nightly', { nextAt })]);
    const early = await harness.store.due({ limit: 10 });
    expect({ schedules: early.schedules, nextAt: early.nextAt }).toEqual({ schedules: [], nextAt });
  });

  it('a declared schedule is due at its first instant', async (harness) => {
    const nextAt = (await harness.now()) + 200;
    await plan(harness, [schedulePlan('nightly', { nextAt, job: 'report', spec: '{"cron":"0 0 2 * * *"}' })]);
    await harness.pass(200);
    const { schedules, now } = await harness.store.due({ limit: 10 });
    const due = only(schedules);
    expect(due).toEqual({
      name: 'nightly',
      app: 'shop',
      job: 'report',
      spec: '{"cron":"0 0 2 * * *"}',
      revision: due.revision,
      nextAt,
      paused: null,
      live: [],
    });
    expect(now >= nextAt).toBe(true);
  });

  it('without schedules nothing is due, now or later', async (harness) => {
    const { schedules, nextAt } = await harness.store.due({ limit: 10 });
    expect({ schedules, nextAt }).toEqual({ schedules: [], nextAt: null });
  });

  it('a schedule without a next instant is never due', async (harness) => {
    await plan(harness, [schedulePlan('done', { nextAt: null })]);
    const { schedules, nextAt } = await harness.store.due({ limit: 10 });
    expect({ schedules, nextAt }).toEqual({ schedules: [], nextAt: null });
  });

  it('the next instant is the earliest of all', async (harness) => {
    const now = await harness.now();
    await plan(harness, [
      schedulePlan('late', { nextAt: now + 7_200_000 }),
      schedulePlan('early', { nextAt: now + 3_600_000 }),
    ]);
    expect((await harness.store.due({ limit: 10 })).nextAt).toBe(now + 3_600_000);
  });

  it('no more schedules are handed out than asked for', async (harness) => {
    await plan(
      harness,
      Array.from({ length: 5 }, (_, n) => schedulePlan(`s${n}`, { nextAt: 1_700_000_000_000 + n })),
    );
    expect((await harness.store.due({ limit: 3 })).schedules.length).toBe(3);
    expect((await harness.store.due({ limit: 100 })).schedules.length).toBe(5);
  });

  it('the same declaration again changes nothing', async (harness) => {
    await plan(harness, [schedulePlan('nightly')]);
    const before = await harness.dueSchedule('nightly');
    await plan(harness, [schedulePlan('nightly', { nextAt: 1_700_000_999_000 })]);
    expect(await harness.dueSchedule('nightly')).toEqual(before);
  });

  it('a changed one starts anew with its own first instant, and what was read before is outdated', async (harness) => {
    await plan(harness, [schedulePlan('nightly')]);
    const before = await harness.dueSchedule('nightly');
    await plan(harness, [schedulePlan('nightly', { spec: '{"every":60}', nextAt: 1_700_000_500_000, job: 'other' })]);
    const after = await harness.dueSchedule('nightly');
    expect(after).toMatchObject({ spec: '{"every":60}', nextAt: 1_700_000_500_000, job: 'other' });
    expect(after.revision > before.revision).toBe(true);
    expect(await harness.store.fire([fireOf('nightly', before.revision)])).toEqual(['moved']);
  });

  it('a schedule may be handed to another job', async (harness) => {
    await plan(harness, [schedulePlan('nightly', { job: 'report' })]);
    await plan(harness, [schedulePlan('nightly', { job: 'report-all' })]);
    expect((await harness.dueSchedule('nightly')).job).toBe('report-all');
  });

  it('a newer version of the app changes a schedule, an older one does not; versions compare as numbers', async (harness) => {
    await plan(harness, [schedulePlan('nightly', { spec: '"1.9.0"' })], '1.9.0');
    for (const [version, spec] of [
      ['1.10.0', '"1.10.0"'],
      ['1.9.5', '"1.10.0"'],
      ['1.10.0', '"1.10.0"'],
      ['0.99.99', '"1.10.0"'],
      ['2.0.0', '"2.0.0"'],
      ['10.0.0', '"10.0.0"'],
      ['9.0.0', '"10.0.0"'],
    ] as const) {
      await plan(harness, [schedulePlan('nightly', { spec: JSON.stringify(version) })], version);
      expect({ version, spec: (await harness.dueSchedule('nightly')).spec }).toEqual({ version, spec });
    }
  });

  it('an older version declares nothing new either', async (harness) => {
    await plan(harness, [schedulePlan('nightly')], '2.0.0');
    await plan(harness, [schedulePlan('nightly'), schedulePlan('removed')], '1.0.0');
    expect((await harness.store.due({ limit: 10 })).schedules.map(({ name }) => name)).toEqual(['nightly']);
  });

  it('two apps declare their schedules apart', async (harness) => {
    await plan(harness, [schedulePlan('a')], '5.0.0', 'shop');
    await plan(harness, [schedulePlan('b')], '1.0.0', 'bank');
    const { schedules } = await harness.store.due({ limit: 10 });
    expect(schedules.map(({ app, name }) => `${app} ${name}`).toSorted()).toEqual(['bank b', 'shop a']);
  });

  it('a paused schedule stays due, with the reason, and is no longer what comes next', async (harness) => {
    const now = await harness.now();
    await plan(harness, [schedulePlan('due'), schedulePlan('later', { nextAt: now + 3_600_000 })]);
    expect(await harness.act(pauseOf('schedule', 'due'))).toEqual({ verdict: 'done', run: null, state: null });
    await harness.act(pauseOf('schedule', 'later'));
    expect((await harness.dueSchedule('due')).paused).toBe('maintenance');
    expect((await harness.store.due({ limit: 10 })).nextAt).toBe(null);
    await harness.store.act([resumeOf('schedule', 'due'), resumeOf('schedule', 'later')]);
    expect((await harness.dueSchedule('due')).paused).toBe(null);
    expect((await harness.store.due({ limit: 10 })).nextAt).toBe(now + 3_600_000);
  });

  it('a pause without a reason is a pause', async (harness) => {
    await plan(harness, [schedulePlan('nightly')]);
    await harness.act({ ...pauseOf('schedule', 'nightly'), reason: null });
    expect((await harness.dueSchedule('nightly')).paused === null).toBe(false);
  });

  it('a pause stays over a new declaration and over a newer version', async (harness) => {
    await plan(harness, [schedulePlan('nightly')], '1.0.0');
    await harness.act(pauseOf('schedule', 'nightly'));
    await plan(harness, [schedulePlan('nightly', { spec: '"new"' })], '2.0.0');
    expect(await harness.dueSchedule('nightly')).toMatchObject({ paused: 'maintenance', spec: '"new"' });
  });

  it('a pause with an end is over then', async (harness) => {
    await plan(harness, [schedulePlan('nightly')]);
    await harness.act(pauseOf('schedule', 'nightly', (await harness.now()) + 3_600_000));
    expect((await harness.dueSchedule('nightly')).paused).toBe('maintenance');
    await harness.act(pauseOf('schedule', 'nightly', (await harness.now()) + 200));
    await harness.pass(200);
    expect((await harness.dueSchedule('nightly')).paused).toBe(null);
  });

  it('a schedule may be paused before it is declared', async (harness) => {
    await harness.act(pauseOf('schedule', 'nightly'));
    await plan(harness, [schedulePlan('nightly')]);
    expect((await harness.dueSchedule('nightly')).paused).toBe('maintenance');
  });

  it('a due schedule names its unfinished runs, oldest first', async (harness) => {
    const worker = await harness.worker();
    await plan(harness, [schedulePlan('nightly'), schedulePlan('other')]);
    const runs = [1, 2, 3].map((n) =>
      occurrence('nightly', 1_700_000_000_000 + n, { holder: n === 1 ? worker : null }),
    );
    const foreign = occurrence('other', 1_700_000_000_000);
    await harness.store.submit([...runs, foreign, newRun()]);
    expect((await harness.dueSchedule('nightly')).live).toEqual(runs.map(({ id }) => id));
    expect((await harness.dueSchedule('other')).live).toEqual([foreign.id]);
    const [first, ...rest] = runs.map(({ id }) => id);
    await harness.recorded(worker, ended({ run: first ?? '', epoch: 1 }));
    expect((await harness.dueSchedule('nightly')).live).toEqual(rest);
  });

  it('two nodes declare the same at the same time, and it is there once', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 10; round++) {
      const schedules = ['a', 'b', 'c'].map((name) => schedulePlan(`${round}-${name}`));
      await Promise.all([
        harness.store.plan({ app: 'shop', version: '1.0.0', schedules }),
        other.plan({ app: 'shop', version: '1.0.0', schedules: schedules.toReversed() }),
      ]);
    }
    const { schedules } = await harness.store.due({ limit: 100 });
    expect(schedules.length).toBe(30);
    expect(new Set(schedules.map(({ name }) => name)).size).toBe(30);
  });
}

async function plan(
  harness: Harness,
  schedules: readonly SchedulePlan[],
  version = '1.0.0',
  app = 'shop',
): Promise<void> {
  await harness.store.plan({ app, version, schedules });
}

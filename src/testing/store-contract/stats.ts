import type { Stats, StatsRequest } from '../../ports/store-stats.ts';
import { cancelOf, childOf, ended, failed, handedBack, newRun, newRuns, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, type Harness } from './harness/harness.ts';

const hourMs = 3_600_000;

export function aboutStats({ it, expect }: Contract): void {
  it('of an empty store everything is nothing', async (harness) => {
    if (!harness.store.stats) return;
    const before = await harness.now();
    const { now, live, ended: ends } = await statsOf(harness);
    expect(now >= before).toBe(true);
    expect(live).toEqual({ isPartial: false, jobs: [] });
    expect(ends).toEqual({
      since: now - hourMs,
      outcomes: {
        succeeded: { since: now - hourMs, runs: 0, series: [0, 0, 0, 0] },
        failed: { since: now - hourMs, runs: 0, series: [0, 0, 0, 0] },
        cancelled: { since: now - hourMs, runs: 0, series: [0, 0, 0, 0] },
      },
      jobsSince: now - hourMs,
      jobs: [],
    });
  });

  it('unfinished runs are counted by job: due, later, waiting and running', async (harness) => {
    if (!harness.store.stats) return;
    const worker = await harness.worker();
    const sleeper = await harness.running(worker);
    const listener = await harness.running(worker);
    const returned = await harness.running(worker);
    await harness.running(worker);
    await harness.recorded(
      worker,
      suspended(sleeper, { wakeInMs: hourMs }),
      suspended(listener),
      handedBack(returned, { attempt: 2, delayMs: hourMs }),
    );
    const before = await harness.now();
    await harness.store.submit([
      newRun({ job: 'b', priority: 5, dueAt: before - 7_000 }),
      newRun({ job: 'b', priority: -5, dueAt: before - 9_000 }),
      newRun({ job: 'b', queue: 'slow', delayMs: hourMs }),
      newRun({ job: 'a', queue: 'slow', dueAt: before - 1_000 }),
    ]);
    const { live } = await statsOf(harness);
    expect(live).toEqual({
      isPartial: false,
      jobs: [
        { job: 'a', due: 1, oldestDueAt: before - 1_000, later: 0, waiting: 0, running: 0 },
        { job: 'b', due: 2, oldestDueAt: before - 9_000, later: 1, waiting: 0, running: 0 },
        { job: 'work', due: 0, oldestDueAt: null, later: 1, waiting: 2, running: 1 },
      ],
    });
  });

  it('a run whose wait is over is due', async (harness) => {
    if (!harness.store.stats) return;
    const worker = await harness.worker();
    const run = await harness.running(worker);
    await harness.recorded(worker, suspended(run, { wakeInMs: 1 }));
    await harness.pass(2);
    const { live } = await statsOf(harness);
    expect(live.jobs.map(({ due, later, waiting, running }) => [due, later, waiting, running])).toEqual([[1, 0, 0, 0]]);
  });

  it('what was cut off is said', async (harness) => {
    if (!harness.store.stats) return;
    const before = await harness.now();
    await harness.store.submit(newRuns(7, { dueAt: before - 1_000 }));
    const cut = (await statsOf(harness, { atMost: 5 })).live;
    expect(cut.isPartial).toBe(true);
    expect(at(cut.jobs, 0).due).toBe(5);
    const whole = (await statsOf(harness, { atMost: 8 })).live;
    expect(whole.isPartial).toBe(false);
    expect(at(whole.jobs, 0).due).toBe(7);
  });

  it('runs of one line that come later are cut off together with those that wait', async (harness) => {
    if (!harness.store.stats) return;
    const worker = await harness.worker();
    const run = await harness.running(worker);
    await harness.recorded(worker, suspended(run, { wakeInMs: hourMs }));
    await harness.store.submit(newRuns(4, { delayMs: 2 * hourMs }));
    const { isPartial, jobs } = (await statsOf(harness, { atMost: 4 })).live;
    expect({ isPartial, later: at(jobs, 0).later, waiting: at(jobs, 0).waiting }).toEqual({
      isPartial: true,
      later: 3,
      waiting: 1,
    });
  });

  it('ends are counted by outcome and by job, whoever ended them', async (harness) => {
    if (!harness.store.stats) return;
    const worker = await harness.worker();
    const parent = await harness.running(worker, { job: 'parent' });
    await harness.store.submit([childOf(parent, { job: 'child', delayMs: hourMs })]);
    const good = await harness.running(worker);
    await harness.pass(20);
    await harness.recorded(worker, ended(good), failed(parent));
    const { run } = await harness.submit({ job: 'unwanted' });
    await harness.act(cancelOf(run.id));
    const { outcomes, jobs, jobsSince, since } = (await statsOf(harness)).ended;
    expect([outcomes.succeeded.runs, outcomes.failed.runs, outcomes.cancelled.runs]).toEqual([1, 1, 2]);
    expect(outcomes.cancelled.series).toEqual([0, 0, 0, 2]);
    expect(jobsSince).toBe(since);
    expect(jobs.map(({ job, succeeded, failed: bad, cancelled }) => [job, succeeded, bad, cancelled])).toEqual([
      ['child', 0, 0, 1],
      ['parent', 0, 1, 0],
      ['unwanted', 0, 0, 1],
      ['work', 1, 0, 0],
    ]);
    const { p50Ms, p95Ms } = at(jobs, 3);
    expect(p50Ms !== null && p50Ms >= 19 && p50Ms === p95Ms).toBe(true);
    expect(at(jobs, 1).p50Ms).toBe(null);
  });

  it('what ended before the window is not in it', async (harness) => {
    if (!harness.store.stats) return;
    const worker = await harness.worker();
    await harness.recorded(worker, ended(await harness.running(worker)));
    await harness.pass(50);
    const { outcomes, jobs } = (await statsOf(harness, { windowMs: 48 })).ended;
    expect(outcomes.succeeded.runs).toBe(0);
    expect(jobs).toEqual([]);
  });

  it('each end is in one part of the time', async (harness) => {
    if (!harness.store.stats) return;
    const worker = await harness.worker();
    await finishMany(harness, worker, 3);
    await harness.pass(300);
    const { runs, series } = (await statsOf(harness, { windowMs: 2_000, parts: 20 })).ended.outcomes.succeeded;
    expect(series.length).toBe(20);
    expect(series.slice(-2)).toEqual([0, 0]);
    expect(series.reduce<number>((sum, n) => sum + (n ?? 0), 0)).toBe(runs);
  });

  it('of many ends the last ones are counted, and it is said from when on', async (harness) => {
    if (!harness.store.stats) return;
    const worker = await harness.worker();
    await harness.recorded(worker, failed(await harness.running(worker, { job: 'flaky' })));
    await finishMany(harness, worker, 21);
    await harness.pass(5);
    const before = await harness.now();
    await finishMany(harness, worker, 4);
    const { since, outcomes, jobsSince, jobs } = (await statsOf(harness, { atMost: 2 })).ended;
    expect(outcomes.succeeded.runs).toBe(20);
    expect(outcomes.succeeded.since > since && outcomes.succeeded.since < before).toBe(true);
    expect(outcomes.succeeded.series.slice(0, 3)).toEqual([null, null, null]);
    expect(outcomes.failed).toMatchObject({ since, runs: 1 });
    expect(jobsSince > before).toBe(true);
    expect(jobs.filter(({ job }) => job === 'flaky')).toEqual([]);
  });

  it('a run that was retried has not ended', async (harness) => {
    if (!harness.store.stats) return;
    const { run } = await harness.submit();
    await harness.act(cancelOf(run.id));
    await harness.act({ id: 'again', kind: 'retry', ref: run.id, actor: 'ann', reason: null });
    const { live, ended: ends } = await statsOf(harness);
    expect(ends.outcomes.cancelled.runs).toBe(0);
    expect(at(live.jobs, 0).due).toBe(1);
  });
}

/** Four parts of an hour. */
async function statsOf({ store }: Harness, over: Partial<StatsRequest> = {}): Promise<Stats> {
  if (!store.stats) throw new Error('the store tells no stats');
  return await store.stats({ windowMs: hourMs, parts: 4, atMost: 100, ...over });
}

async function finishMany(harness: Harness, worker: string, count: number): Promise<void> {
  await harness.store.submit(newRuns(count));
  const { claims } = await harness.claim(worker, { free: count });
  await harness.recorded(worker, ...claims.map((claim) => ended(claim)));
}

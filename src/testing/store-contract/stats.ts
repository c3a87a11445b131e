import type { Stats, StatsRequest } from '../../ports/store-stats.ts';
import { cancelOf, childOf, ended, failed, handedBack, newRun, newRuns, suspended } from './builders.ts';
import type { Contract } from './contract.ts';
import { at, type Scene } from './scene.ts';

const hourMs = 3_600_000;

export function aboutStats({ it, expect }: Contract): void {
  it('of an empty store everything is nothing', async (scene) => {
    if (!scene.store.stats) return;
    const before = await scene.now();
    const { now, live, ended: ends } = await statsOf(scene);
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

  it('unfinished runs are counted by job: due, later, waiting and running', async (scene) => {
    if (!scene.store.stats) return;
    const worker = await scene.worker();
    const sleeper = await scene.running(worker);
    const listener = await scene.running(worker);
    const returned = await scene.running(worker);
    await scene.running(worker);
    await scene.recorded(
      worker,
      suspended(sleeper, { wakeInMs: hourMs }),
      suspended(listener),
      handedBack(returned, { attempt: 2, delayMs: hourMs }),
    );
    const before = await scene.now();
    await scene.store.submit([
      newRun({ job: 'b', priority: 5, dueAt: before - 7_000 }),
      newRun({ job: 'b', priority: -5, dueAt: before - 9_000 }),
      newRun({ job: 'b', queue: 'slow', delayMs: hourMs }),
      newRun({ job: 'a', queue: 'slow', dueAt: before - 1_000 }),
    ]);
    const { live } = await statsOf(scene);
    expect(live).toEqual({
      isPartial: false,
      jobs: [
        { job: 'a', due: 1, oldestDueAt: before - 1_000, later: 0, waiting: 0, running: 0 },
        { job: 'b', due: 2, oldestDueAt: before - 9_000, later: 1, waiting: 0, running: 0 },
        { job: 'work', due: 0, oldestDueAt: null, later: 1, waiting: 2, running: 1 },
      ],
    });
  });

  it('a run whose wait is over is due', async (scene) => {
    if (!scene.store.stats) return;
    const worker = await scene.worker();
    const run = await scene.running(worker);
    await scene.recorded(worker, suspended(run, { wakeInMs: 1 }));
    await scene.pass(2);
    const { live } = await statsOf(scene);
    expect(live.jobs.map(({ due, later, waiting, running }) => [due, later, waiting, running])).toEqual([[1, 0, 0, 0]]);
  });

  it('what was cut off is said', async (scene) => {
    if (!scene.store.stats) return;
    const before = await scene.now();
    await scene.store.submit(newRuns(7, { dueAt: before - 1_000 }));
    const cut = (await statsOf(scene, { atMost: 5 })).live;
    expect(cut.isPartial).toBe(true);
    expect(at(cut.jobs, 0).due).toBe(5);
    const whole = (await statsOf(scene, { atMost: 8 })).live;
    expect(whole.isPartial).toBe(false);
    expect(at(whole.jobs, 0).due).toBe(7);
  });

  it('runs of one line that come later are cut off together with those that wait', async (scene) => {
    if (!scene.store.stats) return;
    const worker = await scene.worker();
    const run = await scene.running(worker);
    await scene.recorded(worker, suspended(run, { wakeInMs: hourMs }));
    await scene.store.submit(newRuns(4, { delayMs: 2 * hourMs }));
    const { isPartial, jobs } = (await statsOf(scene, { atMost: 4 })).live;
    expect({ isPartial, later: at(jobs, 0).later, waiting: at(jobs, 0).waiting }).toEqual({
      isPartial: true,
      later: 3,
      waiting: 1,
    });
  });

  it('ends are counted by outcome and by job, whoever ended them', async (scene) => {
    if (!scene.store.stats) return;
    const worker = await scene.worker();
    const parent = await scene.running(worker, { job: 'parent' });
    await scene.store.submit([childOf(parent, { job: 'child', delayMs: hourMs })]);
    const good = await scene.running(worker);
    await scene.pass(20);
    await scene.recorded(worker, ended(good), failed(parent));
    const { run } = await scene.submit({ job: 'unwanted' });
    await scene.ask(cancelOf(run.id));
    const { outcomes, jobs, jobsSince, since } = (await statsOf(scene)).ended;
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

  it('what ended before the window is not in it', async (scene) => {
    if (!scene.store.stats) return;
    const worker = await scene.worker();
    await scene.recorded(worker, ended(await scene.running(worker)));
    await scene.pass(50);
    const { outcomes, jobs } = (await statsOf(scene, { windowMs: 48 })).ended;
    expect(outcomes.succeeded.runs).toBe(0);
    expect(jobs).toEqual([]);
  });

  it('each end is in one part of the time', async (scene) => {
    if (!scene.store.stats) return;
    const worker = await scene.worker();
    await finishMany(scene, worker, 3);
    await scene.pass(300);
    const { runs, series } = (await statsOf(scene, { windowMs: 2_000, parts: 20 })).ended.outcomes.succeeded;
    expect(series.length).toBe(20);
    expect(series.slice(-2)).toEqual([0, 0]);
    expect(series.reduce<number>((sum, n) => sum + (n ?? 0), 0)).toBe(runs);
  });

  it('of many ends the last ones are counted, and it is said from when on', async (scene) => {
    if (!scene.store.stats) return;
    const worker = await scene.worker();
    await scene.recorded(worker, failed(await scene.running(worker, { job: 'flaky' })));
    await finishMany(scene, worker, 21);
    await scene.pass(5);
    const before = await scene.now();
    await finishMany(scene, worker, 4);
    const { since, outcomes, jobsSince, jobs } = (await statsOf(scene, { atMost: 2 })).ended;
    expect(outcomes.succeeded.runs).toBe(20);
    expect(outcomes.succeeded.since > since && outcomes.succeeded.since < before).toBe(true);
    expect(outcomes.succeeded.series.slice(0, 3)).toEqual([null, null, null]);
    expect(outcomes.failed).toMatchObject({ since, runs: 1 });
    expect(jobsSince > before).toBe(true);
    expect(jobs.filter(({ job }) => job === 'flaky')).toEqual([]);
  });

  it('a run that was retried has not ended', async (scene) => {
    if (!scene.store.stats) return;
    const { run } = await scene.submit();
    await scene.ask(cancelOf(run.id));
    await scene.ask({ id: 'again', kind: 'retry', ref: run.id, actor: 'ann', reason: null });
    const { live, ended: ends } = await statsOf(scene);
    expect(ends.outcomes.cancelled.runs).toBe(0);
    expect(at(live.jobs, 0).due).toBe(1);
  });
}

/** Four parts of an hour. */
async function statsOf({ store }: Scene, over: Partial<StatsRequest> = {}): Promise<Stats> {
  if (!store.stats) throw new Error('the store tells no stats');
  return await store.stats({ windowMs: hourMs, parts: 4, atMost: 100, ...over });
}

async function finishMany(scene: Scene, worker: string, count: number): Promise<void> {
  await scene.store.submit(newRuns(count));
  const { claims } = await scene.claim(worker, { free: count });
  await scene.recorded(worker, ...claims.map((claim) => ended(claim)));
}

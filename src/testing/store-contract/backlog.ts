import { newRun, newRuns, pauseOf } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';

export function aboutBacklog({ it, expect }: Contract): void {
  it('runs that are due and held by nobody are counted by job, with the instant of the oldest', async (harness) => {
    const { store } = harness;
    if (!store.backlog) return;
    expect((await store.backlog({ atMost: 10 })).jobs).toEqual([]);
    const before = await harness.now();
    await harness.running(await harness.worker());
    await store.submit([
      newRun({ job: 'b', priority: 5, dueAt: before - 7_000 }),
      newRun({ job: 'b', priority: -5, dueAt: before - 9_000 }),
      newRun({ job: 'a', queue: 'slow', dueAt: before - 1_000 }),
      newRun({ job: 'b', queue: 'slow', dueAt: before - 2_000 }),
      newRun({ job: 'later', delayMs: 3_600_000 }),
    ]);
    const { now, jobs } = await store.backlog({ atMost: 10 });
    expect(now >= before).toBe(true);
    expect(jobs).toEqual([
      { job: 'a', due: 1, oldestDueAt: before - 1_000 },
      { job: 'b', due: 3, oldestDueAt: before - 9_000 },
    ]);
  });

  it('what is paused waits too, and is counted', async (harness) => {
    const { store } = harness;
    if (!store.backlog) return;
    await store.act([pauseOf('job', 'work'), pauseOf('queue', 'default')]);
    await harness.submit();
    expect((await store.backlog({ atMost: 10 })).jobs.map(({ job, due }) => `${due} ${job}`)).toEqual(['1 work']);
  });

  it('of a long line only the runs that come first are looked at', async (harness) => {
    const { store } = harness;
    if (!store.backlog) return;
    const before = await harness.now();
    await store.submit(newRuns(30, { dueAt: before - 1_000 }));
    await store.submit([newRun({ dueAt: before - 5_000 }), newRun({ priority: 9, dueAt: before - 10 })]);
    const { jobs } = await store.backlog({ atMost: 4 });
    expect(jobs).toEqual([{ job: 'work', due: 5, oldestDueAt: before - 5_000 }]);
  });
}

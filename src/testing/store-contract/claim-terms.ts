import { handedBack, newRun, rescheduleOf, retryOf, termsOf } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

const terms = termsOf('work', { timeoutMs: 5_000, deadlineMs: 60_000, maxCrashes: 1, callbacks: 'failure' });
const byName = { callbacks: 'unknown' } as const;

export function aboutClaimTerms({ it, expect }: Contract): void {
  it('a run that was asked for by name gets the limits of its job with its first claim', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit({ ...byName, delayMs: 50 });
    await harness.pass(50);
    const claim = only((await harness.claim(worker, { jobs: [terms] })).claims);
    const { dueAt } = await harness.run(run.id);
    expect(claim).toMatchObject({ run: run.id, timeoutMs: 5_000, deadlineAt: (dueAt ?? 0) + 60_000 });
    const { running } = only(await harness.store.workers());
    expect(only(running)).toMatchObject({ run: run.id, limitMs: 5_000 });
  });

  it('they are what its rescuers go by', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit(byName);
    await harness.claim(worker, { jobs: [terms] });
    await harness.evict(worker);
    expect(await harness.run(run.id)).toMatchObject({ state: 'failed', error: { code: 'RUN_CRASHED' } });
  });

  it('it keeps the limits that it was given', async (harness) => {
    const worker = await harness.worker();
    await harness.submit({ ...byName, timeoutMs: 70, deadlineMs: 900 });
    const claim = only((await harness.claim(worker, { jobs: [terms] })).claims);
    const { dueAt } = await harness.run(claim.run);
    expect(claim).toMatchObject({ timeoutMs: 70, deadlineAt: (dueAt ?? 0) + 900 });
  });

  it('the first claim settles them: a later one that says otherwise changes nothing', async (harness) => {
    const worker = await harness.worker();
    await harness.submit(byName);
    const first = only((await harness.claim(worker, { jobs: [terms] })).claims);
    await harness.recorded(worker, handedBack(first));
    const changed = termsOf('work', { timeoutMs: 1, deadlineMs: 1 });
    const { timeoutMs, deadlineAt } = only((await harness.claim(worker, { jobs: [changed] })).claims);
    expect({ timeoutMs, deadlineAt }).toEqual({ timeoutMs: 5_000, deadlineAt: first.deadlineAt });
  });

  it('the deadline of its job moves along when the run becomes due at another time', async (harness) => {
    const worker = await harness.worker();
    await harness.submit(byName);
    const first = only((await harness.claim(worker, { jobs: [terms] })).claims);
    await harness.recorded(worker, handedBack(first));
    await harness.pass(20);
    await harness.act(rescheduleOf(first.run, 0));
    const { dueAt } = await harness.run(first.run);
    expect((dueAt ?? 0) > (first.deadlineAt ?? 0) - 60_000).toBe(true);
    const again = only((await harness.claim(worker, { jobs: [termsOf('work')] })).claims);
    expect(again.deadlineAt).toBe((dueAt ?? 0) + 60_000);
  });

  it('a run that was asked for by who knows the job takes nothing from a claim', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit({ callbacks: 'none' });
    const claim = only((await harness.claim(worker, { jobs: [terms] })).claims);
    expect(claim).toMatchObject({ timeoutMs: null, deadlineAt: null });
    await harness.evict(worker);
    expect(await harness.state(run.id)).toBe('queued');
  });

  it('of several jobs each run gets the limits of its own', async (harness) => {
    const worker = await harness.worker();
    const runs = [newRun({ ...byName, job: 'a' }), newRun({ ...byName, job: 'b' }), newRun({ job: 'b' })];
    await harness.store.submit(runs);
    const jobs = [termsOf('a', { timeoutMs: 1_000 }), termsOf('b', { timeoutMs: 2_000 }), termsOf('c')];
    const { claims } = await harness.claim(worker, { jobs });
    const limits = new Map(claims.map(({ run, timeoutMs }) => [run, timeoutMs]));
    expect(runs.map(({ id }) => limits.get(id))).toEqual([1_000, 2_000, null]);
  });

  it('a run that is tried again is as it was asked for: its next claim settles them anew', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit(byName);
    await harness.claim(worker, { jobs: [termsOf('work', { timeoutMs: 5_000, maxCrashes: 1 })] });
    await harness.evict(worker);
    await harness.act(retryOf(run.id));
    const heir = await harness.worker();
    const again = termsOf('work', { timeoutMs: 9_000 });
    expect(only((await harness.claim(heir, { jobs: [again] })).claims)).toMatchObject({
      run: run.id,
      timeoutMs: 9_000,
    });
  });
}

import { stepBegun, stepDone } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

export function aboutTries({ it, expect }: Contract): void {
  it('a try is a step that has begun; the next one takes its place', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const error = { code: 'JOB_FAILED', message: 'first' };
    await harness.recorded(
      worker,
      stepBegun(claim, 'a', { tries: 1, error, resumeAt: 1_800_000_000_000, firstSeq: 2 }),
    );
    expect(only(await harness.steps(claim.run))).toMatchObject({
      key: 'a',
      kind: 'step',
      state: 'running',
      tries: 1,
      firstSeq: 2,
      error,
      resumeAt: 1_800_000_000_000,
      finishedAt: null,
    });
    await harness.recorded(
      worker,
      stepBegun(claim, 'a', { tries: 2, error: { ...error, message: 'second' }, firstSeq: 2 }),
    );
    expect(only(await harness.steps(claim.run))).toMatchObject({ tries: 2, error: { message: 'second' } });
    await harness.recorded(worker, stepDone(claim, 'a', { tries: 3, firstSeq: 2 }));
    expect(only(await harness.steps(claim.run))).toMatchObject({ state: 'succeeded', tries: 3, error: null });
  });

  it('a step of several parts keeps what it has so far until it ends', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepBegun(claim, 'pages', { output: '{"cursor":1}' }));
    await harness.recorded(worker, stepBegun(claim, 'pages', { output: '{"cursor":2}' }));
    expect(only(await harness.steps(claim.run))).toMatchObject({ state: 'running', output: '{"cursor":2}' });
    await harness.recorded(worker, stepDone(claim, 'pages', { output: '{"pages":2}' }));
    expect(only(await harness.steps(claim.run))).toMatchObject({ state: 'succeeded', output: '{"pages":2}' });
  });

  it('a try of a finished step is ok and changes nothing', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepDone(claim, 'a', { tries: 2 }));
    const before = await harness.steps(claim.run);
    expect(await harness.record(worker, stepBegun(claim, 'a', { tries: 9 }))).toEqual(['ok']);
    expect(await harness.steps(claim.run)).toEqual(before);
  });

  it('a sleep ends so long after the time of the store', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const before = await harness.now();
    await harness.recorded(worker, stepBegun(claim, 'nap', { type: 'sleep', resumeInMs: 60_000 }));
    const { kind, resumeAt } = only(await harness.steps(claim.run));
    expect(kind).toBe('sleep');
    expect(resumeAt !== null && resumeAt >= before + 60_000 && resumeAt <= (await harness.now()) + 60_000).toBe(true);
  });

  it('a sleep that is sent again ends when it was to end', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const sleep = stepBegun(claim, 'nap', { type: 'sleep', resumeInMs: 60_000 });
    await harness.recorded(worker, sleep);
    const before = await harness.steps(claim.run);
    await harness.pass(30);
    await harness.recorded(worker, sleep);
    expect(await harness.steps(claim.run)).toEqual(before);
  });

  it('a step that is to be tried later, once more and at no cost of a try, is due anew', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const later = stepBegun(claim, 'a', { resumeInMs: 20 });
    await harness.recorded(worker, later);
    const [first] = await harness.steps(claim.run);
    await harness.pass(40);
    await harness.recorded(worker, { ...later, startedAt: later.startedAt + 40 });
    const [second] = await harness.steps(claim.run);
    expect((second?.resumeAt ?? 0) >= (first?.resumeAt ?? 0) + 40).toBe(true);
  });
}

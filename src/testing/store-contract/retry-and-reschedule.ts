import {
  cancelOf,
  ended,
  eventTo,
  failed,
  handedBack,
  newRun,
  rescheduleOf,
  retryOf,
  stepBegun,
  stepDone,
  suspended,
} from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

export function aboutRetryAndReschedule({ it, expect }: Contract): void {
  it('a failed run that is retried is queued as if it had never ended, one attempt on', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker, { key: 'k', deadlineMs: null });
    await harness.recorded(worker, failed(claim));
    const before = await harness.run(claim.run);
    expect(await harness.act(retryOf('k'))).toEqual({ verdict: 'done', run: claim.run, state: 'queued' });
    const run = await harness.run(claim.run);
    const { id, key, createdAt, generation, traceId, input } = before;
    expect(run).toMatchObject({
      id,
      key,
      createdAt,
      generation,
      traceId,
      input,
      state: 'queued',
      attempt: before.attempt + 1,
      crashes: 0,
      output: null,
      error: null,
      finishedAt: null,
    });
    const again = only((await harness.claim(worker)).claims);
    expect({
      run: again.run,
      attempt: again.attempt,
      first: again.firstAttempt,
      later: again.epoch > claim.epoch,
    }).toEqual({
      run: claim.run,
      attempt: 2,
      first: 2,
      later: true,
    });
    expect(await harness.record(worker, ended(claim))).toEqual(['stale']);
    expect(await harness.record(worker, ended(again))).toEqual(['ok']);
  });

  it('it forgets failed steps and keeps those that succeeded', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const error = { code: 'X', message: 'x' };
    await harness.recorded(
      worker,
      stepDone(claim, 'good', { firstSeq: 0 }),
      stepDone(claim, 'bad', { firstSeq: 1, state: 'failed', output: null, error }),
      stepDone(claim, 'also good', { firstSeq: 2 }),
      failed(claim),
    );
    await harness.act(retryOf(claim.run));
    expect((await harness.steps(claim.run)).map(({ key }) => key)).toEqual(['good', 'also good']);
    const again = only((await harness.claim(worker)).claims);
    expect(again.steps).toBe(2);
    expect(await harness.record(worker, stepDone(again, 'bad', { firstSeq: 1 }))).toEqual(['ok']);
  });

  it('a cancelled run may be retried, and its cancel does not come back', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(cancelOf(claim.run));
    await harness.recorded(worker, failed(claim, { state: 'cancelled' }));
    expect((await harness.act(retryOf(claim.run))).verdict).toBe('done');
    expect(await harness.items(worker, only((await harness.claim(worker)).claims))).toEqual([]);
  });

  it('mailbox items that were not consumed are there again', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(eventTo(claim.run, 'go', '1'));
    await harness.recorded(worker, failed(claim));
    await harness.act(retryOf(claim.run));
    const again = only((await harness.claim(worker)).claims);
    expect(only(await harness.items(worker, again))).toMatchObject({ name: 'go', data: '1' });
    expect(await harness.act(eventTo(claim.run, 'go', '2'))).toMatchObject({ verdict: 'pending' });
    const { seen, items } = only(await harness.inboxes(worker));
    expect(items.map(({ data }) => data)).toEqual(['1', '2']);
    expect(seen > again.mailboxSeq).toBe(true);
  });

  it('a run that succeeded, that has not ended or does not exist is not retried', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const { run: queued } = await harness.submit();
    expect(await harness.act(retryOf(claim.run))).toEqual({ verdict: 'active', run: claim.run, state: 'running' });
    expect(await harness.act(retryOf(queued.id))).toEqual({ verdict: 'active', run: queued.id, state: 'queued' });
    expect(await harness.act(retryOf(newRun().id))).toEqual({ verdict: 'unknown', run: null, state: null });
    await harness.recorded(worker, ended(claim));
    const before = await harness.run(claim.run);
    expect(await harness.act(retryOf(claim.run))).toEqual({ verdict: 'finished', run: claim.run, state: 'succeeded' });
    expect(await harness.run(claim.run)).toEqual(before);
  });

  it('a retry sent again is done already, also when the run has gone on', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, failed(claim));
    const retry = retryOf(claim.run);
    expect((await harness.act(retry)).verdict).toBe('done');
    const before = await harness.run(claim.run);
    expect((await harness.act(retry)).verdict).toBe('done');
    expect(await harness.run(claim.run)).toEqual(before);
    const again = only((await harness.claim(worker)).claims);
    expect((await harness.act(retry)).verdict).toBe('done');
    await harness.recorded(worker, failed(again));
    expect((await harness.act(retry)).verdict).toBe('done');
    expect(await harness.run(claim.run)).toMatchObject({ state: 'failed', attempt: 2 });
    expect((await harness.act(retryOf(claim.run))).verdict).toBe('done');
    expect(await harness.run(claim.run)).toMatchObject({ state: 'queued', attempt: 3 });
  });

  it('two people retry one run at the same time and it goes on once', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    for (let round = 0; round < 20; round++) {
      const claim = await harness.running(worker);
      await harness.recorded(worker, failed(claim));
      const answers = await Promise.all([harness.store.act([retryOf(claim.run)]), other.act([retryOf(claim.run)])]);
      expect(answers.map((answer) => only(answer).verdict).toSorted()).toEqual(['active', 'done']);
      const again = only((await harness.claim(worker)).claims);
      expect(again.attempt).toBe(2);
      await harness.recorded(worker, ended(again));
    }
  });

  it('a deadline counts from the instant at which the run became due by somebody’s word', async (harness) => {
    const worker = await harness.worker();
    const first = await harness.running(worker, { deadlineMs: 60_000 });
    await harness.pass(20);
    await harness.recorded(worker, handedBack(first, { attempt: 2, delayMs: 1 }));
    await harness.pass(5);
    const second = only((await harness.claim(worker)).claims);
    expect(second.deadlineAt).toBe(first.deadlineAt);
    await harness.recorded(worker, failed(second));
    await harness.act(retryOf(first.run));
    const { dueAt } = await harness.run(first.run);
    expect(only((await harness.claim(worker)).claims).deadlineAt).toBe((dueAt ?? 0) + 60_000);
    const { run } = await harness.submit({ delayMs: 3_600_000, deadlineMs: 60_000 });
    await harness.act(rescheduleOf(run.id, 0));
    const rescheduled = await harness.run(run.id);
    expect(only((await harness.claim(worker)).claims).deadlineAt).toBe((rescheduled.dueAt ?? 0) + 60_000);
  });

  it('output goes on after a retry', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const bytes = new TextEncoder().encode('line\n');
    const chunk = { run: claim.run, epoch: claim.epoch, seq: 1, bytes };
    await harness.store.append({ worker, chunks: [chunk], progress: [] });
    await harness.recorded(worker, failed(claim));
    await harness.act(retryOf(claim.run));
    const again = only((await harness.claim(worker)).claims);
    expect(again.outputSeq).toBe(1);
    const next = { ...chunk, epoch: again.epoch, seq: 2 };
    expect(await harness.store.append({ worker, chunks: [next], progress: [] })).toEqual(['ok']);
  });

  it('a queued run becomes due at another time', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit({ delayMs: 3_600_000 });
    expect(await harness.act(rescheduleOf(run.id, 0))).toEqual({ verdict: 'done', run: run.id, state: 'queued' });
    expect(await harness.claimIds(worker)).toEqual([run.id]);
    await harness.recorded(worker, handedBack({ run: run.id, epoch: 1 }));
    const before = await harness.now();
    await harness.act(rescheduleOf(run.id, 60_000));
    const { dueAt } = await harness.run(run.id);
    expect(dueAt !== null && dueAt >= before + 60_000 && dueAt <= (await harness.now()) + 60_000).toBe(true);
    expect(await harness.claimIds(worker)).toEqual([]);
  });

  it('a run that is not queued is not rescheduled', async (harness) => {
    const worker = await harness.worker();
    const [running, waiting, done] = [
      await harness.running(worker),
      await harness.running(worker),
      await harness.running(worker),
    ];
    await harness.recorded(worker, stepBegun(waiting, 'nap'), suspended(waiting, { wakeInMs: 3_600_000 }), ended(done));
    const ids = [running.run, waiting.run, done.run];
    const before = await harness.store.get(ids);
    const answers = await harness.store.act([...ids, 'nobody'].map((ref) => rescheduleOf(ref, 0)));
    expect(answers.map(({ verdict }) => verdict)).toEqual(['active', 'active', 'finished', 'unknown']);
    expect(await harness.store.get(ids)).toEqual(before);
  });
}

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
} from './builders.ts';
import type { Contract } from './contract.ts';
import { only } from './scene.ts';

export function aboutRetryAndReschedule({ it, expect }: Contract): void {
  it('a failed run that is retried is queued as if it had never ended, one attempt on', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker, { key: 'k', deadlineMs: null });
    await scene.recorded(worker, failed(claim));
    const before = await scene.run(claim.run);
    expect(await scene.ask(retryOf('k'))).toEqual({ verdict: 'done', run: claim.run, state: 'queued' });
    const run = await scene.run(claim.run);
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
    const again = only((await scene.claim(worker)).claims);
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
    expect(await scene.record(worker, ended(claim))).toEqual(['stale']);
    expect(await scene.record(worker, ended(again))).toEqual(['ok']);
  });

  it('it forgets failed steps and keeps those that succeeded', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const error = { code: 'X', message: 'x' };
    await scene.recorded(
      worker,
      stepDone(claim, 'good', { asked: 0 }),
      stepDone(claim, 'bad', { asked: 1, state: 'failed', output: null, error }),
      stepDone(claim, 'also good', { asked: 2 }),
      failed(claim),
    );
    await scene.ask(retryOf(claim.run));
    expect((await scene.steps(claim.run)).map(({ key }) => key)).toEqual(['good', 'also good']);
    const again = only((await scene.claim(worker)).claims);
    expect(again.steps).toBe(2);
    expect(await scene.record(worker, stepDone(again, 'bad', { asked: 1 }))).toEqual(['ok']);
  });

  it('a cancelled run may be retried, and its cancel does not come back', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(cancelOf(claim.run));
    await scene.recorded(worker, failed(claim, { state: 'cancelled' }));
    expect((await scene.ask(retryOf(claim.run))).verdict).toBe('done');
    expect(await scene.letters(worker, only((await scene.claim(worker)).claims))).toEqual([]);
  });

  it('letters that were not consumed are there again', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(eventTo(claim.run, 'go', '1'));
    await scene.recorded(worker, failed(claim));
    await scene.ask(retryOf(claim.run));
    const again = only((await scene.claim(worker)).claims);
    expect(only(await scene.letters(worker, again))).toMatchObject({ name: 'go', data: '1' });
    expect(await scene.ask(eventTo(claim.run, 'go', '2'))).toMatchObject({ verdict: 'mailed' });
    const { seen, letters } = only(await scene.inboxes(worker));
    expect(letters.map(({ data }) => data)).toEqual(['1', '2']);
    expect(seen > again.mail).toBe(true);
  });

  it('a run that succeeded, that has not ended or does not exist is not retried', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const { run: queued } = await scene.submit();
    expect(await scene.ask(retryOf(claim.run))).toEqual({ verdict: 'active', run: claim.run, state: 'running' });
    expect(await scene.ask(retryOf(queued.id))).toEqual({ verdict: 'active', run: queued.id, state: 'queued' });
    expect(await scene.ask(retryOf(newRun().id))).toEqual({ verdict: 'unknown', run: null, state: null });
    await scene.recorded(worker, ended(claim));
    const before = await scene.run(claim.run);
    expect(await scene.ask(retryOf(claim.run))).toEqual({ verdict: 'finished', run: claim.run, state: 'succeeded' });
    expect(await scene.run(claim.run)).toEqual(before);
  });

  it('a retry sent again is done already, also when the run has gone on', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, failed(claim));
    const retry = retryOf(claim.run);
    expect((await scene.ask(retry)).verdict).toBe('done');
    const before = await scene.run(claim.run);
    expect((await scene.ask(retry)).verdict).toBe('done');
    expect(await scene.run(claim.run)).toEqual(before);
    const again = only((await scene.claim(worker)).claims);
    expect((await scene.ask(retry)).verdict).toBe('done');
    await scene.recorded(worker, failed(again));
    expect((await scene.ask(retry)).verdict).toBe('done');
    expect(await scene.run(claim.run)).toMatchObject({ state: 'failed', attempt: 2 });
    expect((await scene.ask(retryOf(claim.run))).verdict).toBe('done');
    expect(await scene.run(claim.run)).toMatchObject({ state: 'queued', attempt: 3 });
  });

  it('two people retry one run at the same time and it goes on once', async (scene) => {
    const other = await scene.second();
    const worker = await scene.worker();
    for (let round = 0; round < 20; round++) {
      const claim = await scene.running(worker);
      await scene.recorded(worker, failed(claim));
      const answers = await Promise.all([scene.store.ask([retryOf(claim.run)]), other.ask([retryOf(claim.run)])]);
      expect(answers.map((answer) => only(answer).verdict).toSorted()).toEqual(['active', 'done']);
      const again = only((await scene.claim(worker)).claims);
      expect(again.attempt).toBe(2);
      await scene.recorded(worker, ended(again));
    }
  });

  it('a deadline counts from the instant at which the run became due by somebody’s word', async (scene) => {
    const worker = await scene.worker();
    const first = await scene.running(worker, { deadlineMs: 60_000 });
    await scene.pass(20);
    await scene.recorded(worker, handedBack(first, { attempt: 2, delayMs: 1 }));
    await scene.pass(5);
    const second = only((await scene.claim(worker)).claims);
    expect(second.deadlineAt).toBe(first.deadlineAt);
    await scene.recorded(worker, failed(second));
    await scene.ask(retryOf(first.run));
    const { dueAt } = await scene.run(first.run);
    expect(only((await scene.claim(worker)).claims).deadlineAt).toBe((dueAt ?? 0) + 60_000);
    const { run } = await scene.submit({ delayMs: 3_600_000, deadlineMs: 60_000 });
    await scene.ask(rescheduleOf(run.id, 0));
    const rescheduled = await scene.run(run.id);
    expect(only((await scene.claim(worker)).claims).deadlineAt).toBe((rescheduled.dueAt ?? 0) + 60_000);
  });

  it('output goes on after a retry', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const bytes = new TextEncoder().encode('line\n');
    const chunk = { run: claim.run, epoch: claim.epoch, seq: 1, bytes };
    await scene.store.append({ worker, chunks: [chunk], progress: [] });
    await scene.recorded(worker, failed(claim));
    await scene.ask(retryOf(claim.run));
    const again = only((await scene.claim(worker)).claims);
    expect(again.outputSeq).toBe(1);
    const next = { ...chunk, epoch: again.epoch, seq: 2 };
    expect(await scene.store.append({ worker, chunks: [next], progress: [] })).toEqual(['ok']);
  });

  it('a queued run becomes due at another time', async (scene) => {
    const worker = await scene.worker();
    const { run } = await scene.submit({ delayMs: 3_600_000 });
    expect(await scene.ask(rescheduleOf(run.id, 0))).toEqual({ verdict: 'done', run: run.id, state: 'queued' });
    expect(await scene.claimIds(worker)).toEqual([run.id]);
    await scene.recorded(worker, handedBack({ run: run.id, epoch: 1 }));
    const before = await scene.now();
    await scene.ask(rescheduleOf(run.id, 60_000));
    const { dueAt } = await scene.run(run.id);
    expect(dueAt !== null && dueAt >= before + 60_000 && dueAt <= (await scene.now()) + 60_000).toBe(true);
    expect(await scene.claimIds(worker)).toEqual([]);
  });

  it('a run that is not queued is not rescheduled', async (scene) => {
    const worker = await scene.worker();
    const [running, waiting, done] = [
      await scene.running(worker),
      await scene.running(worker),
      await scene.running(worker),
    ];
    await scene.recorded(worker, stepBegun(waiting, 'nap'), suspended(waiting, { wakeInMs: 3_600_000 }), ended(done));
    const ids = [running.run, waiting.run, done.run];
    const before = await scene.store.get(ids);
    const answers = await scene.store.ask([...ids, 'nobody'].map((ref) => rescheduleOf(ref, 0)));
    expect(answers.map(({ verdict }) => verdict)).toEqual(['active', 'active', 'finished', 'unknown']);
    expect(await scene.store.get(ids)).toEqual(before);
  });
}

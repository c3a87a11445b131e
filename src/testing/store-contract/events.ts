import { fullMailbox } from '../../job/transition.ts';
import { cancelOf, childOf, ended, eventTo, handedBack, newRun, stepBegun, stepDone, suspended } from './builders.ts';
import type { Contract } from './contract.ts';
import { at, only } from './scene.ts';

export function aboutEvents({ it, expect }: Contract): void {
  it('an event to a queued run waits in its mailbox and does not make it due', async (scene) => {
    const worker = await scene.worker();
    const { run } = await scene.submit({ delayMs: 100 });
    const { dueAt } = await scene.run(run.id);
    const answer = await scene.ask(eventTo(run.id, 'approved', '{"by":"ann"}'));
    expect(answer).toEqual({ verdict: 'mailed', run: run.id, state: 'queued' });
    expect(await scene.run(run.id)).toMatchObject({ state: 'queued', dueAt });
    await scene.pass(100);
    const claim = only((await scene.claim(worker)).claims);
    expect(claim.mail).toBe(1);
    expect(only(await scene.letters(worker, claim))).toMatchObject({
      n: 1,
      kind: 'event',
      name: 'approved',
      data: '{"by":"ann"}',
    });
  });

  it('an event to a waiting run queues it', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, suspended(claim));
    expect(await scene.ask(eventTo(claim.run, 'go'))).toEqual({ verdict: 'mailed', run: claim.run, state: 'queued' });
    expect(await scene.claimIds(worker)).toEqual([claim.run]);
  });

  it('an event to a running run reaches its owner', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const before = await scene.run(claim.run);
    expect(await scene.ask(eventTo(claim.run, 'go'))).toEqual({ verdict: 'mailed', run: claim.run, state: 'running' });
    expect(await scene.run(claim.run)).toEqual(before);
    expect(only(only(await scene.inboxes(worker)).letters)).toMatchObject({
      kind: 'event',
      name: 'go',
      data: null,
    });
  });

  it('events keep their order and their number, also two of one name', async (scene) => {
    const worker = await scene.worker();
    const { run } = await scene.submit();
    await scene.store.ask(['1', '2', '3'].map((data) => eventTo(run.id, data === '2' ? 'other' : 'go', data)));
    await scene.ask(eventTo(run.id, 'go', '4'));
    const claim = only((await scene.claim(worker)).claims);
    expect(claim.mail).toBe(4);
    expect((await scene.letters(worker, claim)).map(({ n, name, data }) => [n, name, data])).toEqual([
      [1, 'go', '1'],
      [2, 'other', '2'],
      [3, 'go', '3'],
      [4, 'go', '4'],
    ]);
  });

  it('an event that was consumed is gone, the others stay', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.store.ask([
      eventTo(claim.run, 'go', '1'),
      eventTo(claim.run, 'go', '2'),
      eventTo(claim.run, 'go', '3'),
    ]);
    const { letters } = only(await scene.inboxes(worker));
    await scene.recorded(worker, stepDone(claim, 'wait', { type: 'wait', consumes: at(letters, 1).n }));
    const left = only(await scene.inboxes(worker));
    expect(left.seen).toBe(3);
    expect(left.letters.map(({ data }) => data)).toEqual(['1', '3']);
    await scene.recorded(worker, suspended(claim, { mail: 3, wakeInMs: 0 }));
    const again = only((await scene.claim(worker)).claims);
    expect((await scene.letters(worker, again)).map(({ data }) => data)).toEqual(['1', '3']);
  });

  it('a run may be named by its key', async (scene) => {
    const { run } = await scene.submit({ key: 'orders/7' });
    expect(await scene.ask(eventTo('orders/7', 'go'))).toMatchObject({ verdict: 'mailed', run: run.id });
  });

  it('an event to a run that has ended or does not exist changes nothing', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, ended(claim));
    const before = await scene.run(claim.run);
    expect(await scene.ask(eventTo(claim.run, 'go'))).toEqual({
      verdict: 'finished',
      run: claim.run,
      state: 'succeeded',
    });
    expect(await scene.run(claim.run)).toEqual(before);
    expect(await scene.ask(eventTo(newRun().id, 'go'))).toEqual({ verdict: 'unknown', run: null, state: null });
  });

  it('an event sent again gets the same verdict and is there once', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const event = eventTo(claim.run, 'go', '1');
    const first = await scene.ask(event);
    expect(await scene.ask(event)).toEqual(first);
    const { seen, letters } = only(await scene.inboxes(worker));
    expect({ seen, letters: letters.length }).toEqual({ seen: 1, letters: 1 });
  });

  it('an event sent again after it was consumed does not come back', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const event = eventTo(claim.run, 'go', '1');
    await scene.ask(event);
    await scene.recorded(worker, stepDone(claim, 'wait', { type: 'wait', consumes: 1 }));
    expect((await scene.ask(event)).verdict).toBe('mailed');
    expect(await scene.inboxes(worker)).toEqual([]);
  });

  it('events of many senders at the same time are all there, each with its own number', async (scene) => {
    const other = await scene.second();
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const stores = [scene.store, other];
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => await at(stores, n % 2).ask([eventTo(claim.run, 'go', `${n}`)])),
    );
    const { seen, letters } = only(await scene.inboxes(worker));
    expect(seen).toBe(40);
    expect(letters.map(({ n }) => n)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect(new Set(letters.map(({ data }) => data)).size).toBe(40);
  });

  it('events to many runs go in one call', async (scene) => {
    const worker = await scene.worker();
    const runs = Array.from({ length: 100 }, () => newRun({ holder: worker }));
    await scene.store.submit(runs);
    const answers = await scene.store.ask(runs.map(({ id }, n) => eventTo(id, 'go', `${n}`)));
    expect(answers.map(({ run }) => run)).toEqual(runs.map(({ id }) => id));
    expect((await scene.inboxes(worker)).length).toBe(100);
  });

  it('a mailbox takes in a thousand events and no more, until one is consumed', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const child = childOf(claim, { holder: worker });
    await scene.recorded(worker, stepBegun(claim, 'c', { type: 'child', child }));
    const events = Array.from({ length: fullMailbox.events + 2 }, () => eventTo(claim.run, 'go'));
    const [lastButOne, last] = [at(events, fullMailbox.events), at(events, fullMailbox.events + 1)];
    const verdicts = (await scene.store.ask(events)).map(({ verdict }) => verdict);
    expect(verdicts.filter((verdict) => verdict === 'mailed').length).toBe(fullMailbox.events);
    expect(verdicts.slice(-2)).toEqual(['full', 'full']);
    expect((await scene.ask(at(events, 0))).verdict).toBe('mailed');
    await scene.recorded(worker, ended({ run: child.id, epoch: 1 }));
    expect((await scene.ask(cancelOf(claim.run))).verdict).toBe('mailed');
    const kinds = (await scene.letters(worker, claim)).map(({ kind }) => kind);
    expect(kinds.slice(-3)).toEqual(['event', 'child', 'cancel']);
    expect((await scene.ask(last)).verdict).toBe('full');
    await scene.recorded(worker, stepDone(claim, 'wait', { type: 'wait', consumes: 7 }));
    expect((await scene.ask(last)).verdict).toBe('mailed');
    expect((await scene.ask(lastButOne)).verdict).toBe('full');
    await scene.recorded(worker, ended(claim));
    expect((await scene.ask(lastButOne)).verdict).toBe('finished');
  });

  it('a mailbox takes in 16 MiB of events and no more, and answers stay small', async (scene) => {
    const worker = await scene.worker();
    const [claim, other] = [await scene.running(worker), await scene.running(worker)];
    const big = JSON.stringify('x'.repeat(1_048_000));
    const verdicts: string[] = [];
    for (let n = 0; n < 18; n++) verdicts.push((await scene.ask(eventTo(claim.run, 'go', big))).verdict);
    expect(verdicts).toEqual([...Array.from({ length: 17 }, () => 'mailed'), 'full']);
    expect((await scene.ask(eventTo(claim.run, 'go'))).verdict).toBe('full');
    expect((await scene.ask(eventTo(other.run, 'go', big))).verdict).toBe('mailed');
    await scene.recorded(worker, handedBack(claim));
    const claimed = await scene.claim(worker);
    expect(JSON.stringify(claimed).length < 10_000).toBe(true);
    const { inboxes, hasMore } = await scene.messages(worker, { maxBytes: 4_194_304 });
    expect({ letters: inboxes.flatMap(({ letters }) => letters).length, hasMore }).toEqual({
      letters: 4,
      hasMore: true,
    });
  });
}

import { fullMailbox } from '../../job/transition.ts';
import {
  cancelOf,
  childOf,
  ended,
  eventTo,
  handedBack,
  newRun,
  stepBegun,
  stepDone,
  suspended,
} from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only } from './harness/harness.ts';

export function aboutEvents({ it, expect }: Contract): void {
  it('an event to a queued run waits in its mailbox and does not make it due', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit({ delayMs: 100 });
    const { dueAt } = await harness.run(run.id);
    const answer = await harness.act(eventTo(run.id, 'approved', '{"by":"ann"}'));
    expect(answer).toEqual({ verdict: 'pending', run: run.id, state: 'queued' });
    expect(await harness.run(run.id)).toMatchObject({ state: 'queued', dueAt });
    await harness.pass(100);
    const claim = only((await harness.claim(worker)).claims);
    expect(claim.mailboxSeq).toBe(1);
    expect(only(await harness.items(worker, claim))).toMatchObject({
      n: 1,
      kind: 'event',
      name: 'approved',
      data: '{"by":"ann"}',
    });
  });

  it('an event to a waiting run queues it', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, suspended(claim));
    expect(await harness.act(eventTo(claim.run, 'go'))).toEqual({
      verdict: 'pending',
      run: claim.run,
      state: 'queued',
    });
    expect(await harness.claimIds(worker)).toEqual([claim.run]);
  });

  it('an event to a running run reaches its owner', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const before = await harness.run(claim.run);
    expect(await harness.act(eventTo(claim.run, 'go'))).toEqual({
      verdict: 'pending',
      run: claim.run,
      state: 'running',
    });
    expect(await harness.run(claim.run)).toEqual(before);
    expect(only(only(await harness.inboxes(worker)).items)).toMatchObject({
      kind: 'event',
      name: 'go',
      data: null,
    });
  });

  it('events keep their order and their number, also two of one name', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit();
    await harness.store.act(['1', '2', '3'].map((data) => eventTo(run.id, data === '2' ? 'other' : 'go', data)));
    await harness.act(eventTo(run.id, 'go', '4'));
    const claim = only((await harness.claim(worker)).claims);
    expect(claim.mailboxSeq).toBe(4);
    expect((await harness.items(worker, claim)).map(({ n, name, data }) => [n, name, data])).toEqual([
      [1, 'go', '1'],
      [2, 'other', '2'],
      [3, 'go', '3'],
      [4, 'go', '4'],
    ]);
  });

  it('an event that was consumed is gone, the others stay', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.store.act([
      eventTo(claim.run, 'go', '1'),
      eventTo(claim.run, 'go', '2'),
      eventTo(claim.run, 'go', '3'),
    ]);
    const { items } = only(await harness.inboxes(worker));
    await harness.recorded(worker, stepDone(claim, 'wait', { type: 'wait', consumes: at(items, 1).n }));
    const left = only(await harness.inboxes(worker));
    expect(left.seen).toBe(3);
    expect(left.items.map(({ data }) => data)).toEqual(['1', '3']);
    await harness.recorded(worker, suspended(claim, { mailboxSeq: 3, wakeInMs: 0 }));
    const again = only((await harness.claim(worker)).claims);
    expect((await harness.items(worker, again)).map(({ data }) => data)).toEqual(['1', '3']);
  });

  it('a run may be named by its key', async (harness) => {
    const { run } = await harness.submit({ key: 'orders/7' });
    expect(await harness.act(eventTo('orders/7', 'go'))).toMatchObject({ verdict: 'pending', run: run.id });
  });

  it('an event to a run that has ended or does not exist changes nothing', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, ended(claim));
    const before = await harness.run(claim.run);
    expect(await harness.act(eventTo(claim.run, 'go'))).toEqual({
      verdict: 'finished',
      run: claim.run,
      state: 'succeeded',
    });
    expect(await harness.run(claim.run)).toEqual(before);
    expect(await harness.act(eventTo(newRun().id, 'go'))).toEqual({ verdict: 'unknown', run: null, state: null });
  });

  it('an event sent again gets the same verdict and is there once', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const event = eventTo(claim.run, 'go', '1');
    const first = await harness.act(event);
    expect(await harness.act(event)).toEqual(first);
    const { seen, items } = only(await harness.inboxes(worker));
    expect({ seen, items: items.length }).toEqual({ seen: 1, items: 1 });
  });

  it('an event sent again after it was consumed does not come back', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const event = eventTo(claim.run, 'go', '1');
    await harness.act(event);
    await harness.recorded(worker, stepDone(claim, 'wait', { type: 'wait', consumes: 1 }));
    expect((await harness.act(event)).verdict).toBe('pending');
    expect(await harness.inboxes(worker)).toEqual([]);
  });

  it('events of many senders at the same time are all there, each with its own number', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const stores = [harness.store, other];
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => await at(stores, n % 2).act([eventTo(claim.run, 'go', `${n}`)])),
    );
    const { seen, items } = only(await harness.inboxes(worker));
    expect(seen).toBe(40);
    expect(items.map(({ n }) => n)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect(new Set(items.map(({ data }) => data)).size).toBe(40);
  });

  it('events to many runs go in one call', async (harness) => {
    const worker = await harness.worker();
    const runs = Array.from({ length: 100 }, () => newRun({ holder: worker }));
    await harness.store.submit(runs);
    const answers = await harness.store.act(runs.map(({ id }, n) => eventTo(id, 'go', `${n}`)));
    expect(answers.map(({ run }) => run)).toEqual(runs.map(({ id }) => id));
    expect((await harness.inboxes(worker)).length).toBe(100);
  });

  it('a mailbox takes in a thousand events and no more, until one is consumed', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const child = childOf(claim, { holder: worker });
    await harness.recorded(worker, stepBegun(claim, 'c', { type: 'child', child }));
    const events = Array.from({ length: fullMailbox.events + 2 }, () => eventTo(claim.run, 'go'));
    const [lastButOne, last] = [at(events, fullMailbox.events), at(events, fullMailbox.events + 1)];
    const verdicts = (await harness.store.act(events)).map(({ verdict }) => verdict);
    expect(verdicts.filter((verdict) => verdict === 'pending').length).toBe(fullMailbox.events);
    expect(verdicts.slice(-2)).toEqual(['full', 'full']);
    expect((await harness.act(at(events, 0))).verdict).toBe('pending');
    await harness.recorded(worker, ended({ run: child.id, epoch: 1 }));
    expect((await harness.act(cancelOf(claim.run))).verdict).toBe('pending');
    const kinds = (await harness.items(worker, claim)).map(({ kind }) => kind);
    expect(kinds.slice(-3)).toEqual(['event', 'child', 'cancel']);
    expect((await harness.act(last)).verdict).toBe('full');
    await harness.recorded(worker, stepDone(claim, 'wait', { type: 'wait', consumes: 7 }));
    expect((await harness.act(last)).verdict).toBe('pending');
    expect((await harness.act(lastButOne)).verdict).toBe('full');
    await harness.recorded(worker, ended(claim));
    expect((await harness.act(lastButOne)).verdict).toBe('finished');
  });

  it('a mailbox takes in 16 MiB of events and no more, and answers stay small', async (harness) => {
    const worker = await harness.worker();
    const [claim, other] = [await harness.running(worker), await harness.running(worker)];
    const big = JSON.stringify('x'.repeat(1_048_000));
    const verdicts: string[] = [];
    for (let n = 0; n < 18; n++) verdicts.push((await harness.act(eventTo(claim.run, 'go', big))).verdict);
    expect(verdicts).toEqual([...Array.from({ length: 17 }, () => 'pending'), 'full']);
    expect((await harness.act(eventTo(claim.run, 'go'))).verdict).toBe('full');
    expect((await harness.act(eventTo(other.run, 'go', big))).verdict).toBe('pending');
    await harness.recorded(worker, handedBack(claim));
    const claimed = await harness.claim(worker);
    expect(JSON.stringify(claimed).length < 10_000).toBe(true);
    const { inboxes, hasMore } = await harness.messages(worker, { maxBytes: 4_194_304 });
    expect({ items: inboxes.flatMap(({ items }) => items).length, hasMore }).toEqual({
      items: 4,
      hasMore: true,
    });
  });
}

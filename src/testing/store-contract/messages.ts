import type { Inbox } from '../../ports/store-message.ts';
import { cancelOf, ended, eventTo, handedBack, newRuns, stepDone, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only, type Harness } from './harness/harness.ts';

export function aboutMessages({ it, expect }: Contract): void {
  it('messages after the last one that was given are given, in order, again and again until they are consumed', async (harness) => {
    const worker = await harness.worker();
    const { run, epoch } = await harness.running(worker);
    await harness.store.act([eventTo(run, 'a', '1'), eventTo(run, 'b', '2'), eventTo(run, 'c', null)]);
    const read = async (seen: number): Promise<Inbox[]> => {
      const answer = await harness.store.messages({ worker, runs: [{ run, epoch, seen }], maxBytes: 1_000_000 });
      expect({ ...answer, inboxes: [] }).toEqual({ inboxes: [], lost: [], hasMore: false });
      return [...answer.inboxes];
    };
    const first = only(await read(0));
    expect({ ...first, items: first.items.map(({ n, name, data }) => [n, name, data]) }).toEqual({
      run,
      epoch,
      seen: 3,
      items: [
        [1, 'a', '1'],
        [2, 'b', '2'],
        [3, 'c', null],
      ],
    });
    expect(await read(0)).toEqual([first]);
    expect(await read(1)).toEqual([{ ...first, items: first.items.slice(1) }]);
    expect(await read(3)).toEqual([]);
    await harness.recorded(worker, stepDone({ run, epoch }, 'wait', { type: 'wait', consumes: 2 }));
    expect(await read(0)).toEqual([{ ...first, items: [at(first.items, 0), at(first.items, 2)] }]);
  });

  it('a run whose messages are all consumed is told their number: its attempt may park', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(eventTo(claim.run, 'go'));
    await harness.recorded(worker, stepDone(claim, 'wait', { type: 'wait', consumes: 1 }), handedBack(claim));
    const { run, epoch, mailboxSeq } = only((await harness.claim(worker)).claims);
    expect(mailboxSeq).toBe(1);
    expect((await harness.messages(worker)).inboxes).toEqual([{ run, epoch, seen: 1, items: [] }]);
    expect(await harness.record(worker, suspended({ run, epoch }, { mailboxSeq: 1 }))).toEqual(['ok']);
  });

  it('runs without messages are passed over, and no message goes to whom it is not for', async (harness) => {
    const [worker, other] = [await harness.worker(), await harness.worker()];
    const [silent, mine, theirs] = [
      await harness.running(worker),
      await harness.running(worker),
      await harness.running(other),
    ];
    await harness.store.act([eventTo(mine.run, 'mine'), eventTo(theirs.run, 'theirs')]);
    const runs = [silent, mine, theirs].map(({ run, epoch }) => ({ run, epoch, seen: 0 }));
    const answer = await harness.store.messages({ worker, runs, maxBytes: 1_000_000 });
    expect(answer.inboxes.map(({ run }) => run)).toEqual([mine.run]);
    expect(answer.lost).toEqual([theirs.run]);
  });

  it('runs that the worker does not hold in that epoch are lost', async (harness) => {
    const [worker, other] = [await harness.worker(), await harness.worker()];
    await harness.store.submit(newRuns(4));
    const { claims } = await harness.claim(worker);
    const [done, parked, back, kept] = [at(claims, 0), at(claims, 1), at(claims, 2), at(claims, 3)];
    await harness.recorded(worker, ended(done), suspended(parked), handedBack(back));
    expect(await harness.claimIds(other)).toEqual([back.run]);
    const runs = [...claims, { run: 'nobody', epoch: 1 }].map(({ run, epoch }) => ({ run, epoch, seen: 0 }));
    const read = async (epochs: number): Promise<string[]> => {
      const firstSeq = runs.map((one) => ({ ...one, epoch: one.epoch + epochs }));
      return [...(await harness.store.messages({ worker, runs: firstSeq, maxBytes: 1_000 })).lost];
    };
    expect(await read(0)).toEqual([done.run, parked.run, back.run, 'nobody']);
    expect((await read(1)).includes(kept.run)).toBe(true);
    await harness.evict(worker);
    expect(await read(0)).toEqual(runs.map(({ run }) => run));
  });

  it('an answer is bounded and has at least one message; the next ones have the rest', async (harness) => {
    const worker = await harness.worker();
    const claims = [await harness.running(worker), await harness.running(worker), await harness.running(worker)];
    const big = JSON.stringify('é'.repeat(50_000));
    for (const { run } of [at(claims, 0), at(claims, 2)]) {
      await harness.store.act(Array.from({ length: 5 }, (_, n) => eventTo(run, `e${n}`, big)));
    }
    const got = await drain(harness, worker, claims, 250_000);
    expect(got.items).toEqual(
      [at(claims, 0), at(claims, 2)].flatMap(({ run }) => [1, 2, 3, 4, 5].map((n) => [run, n])),
    );
    expect(got.max).toBe(2);
    expect((await drain(harness, worker, claims, 1)).max).toBe(1);
  });

  it('a thousand small messages are counted with their share', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.store.act(Array.from({ length: 300 }, () => eventTo(claim.run, 'go')));
    const got = await drain(harness, worker, [claim], 10_000);
    expect(got.items.length).toBe(300);
    expect(got.max > 50 && got.max <= 100).toBe(true);
  });

  it('a run of which only a part was given is queued again when it parks; with all it waits', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.store.act([eventTo(claim.run, 'a'), eventTo(claim.run, 'b')]);
    const part = only((await harness.messages(worker, { maxBytes: 1 })).inboxes);
    expect(part.seen).toBe(1);
    await harness.recorded(worker, suspended(claim, { mailboxSeq: part.seen }));
    expect(await harness.state(claim.run)).toBe('queued');
    const again = only((await harness.claim(worker)).claims);
    const rest = only((await harness.messages(worker, { seen: 1 })).inboxes);
    await harness.recorded(worker, suspended(again, { mailboxSeq: rest.seen }));
    expect(await harness.state(claim.run)).toBe('waiting');
  });

  it('a request to cancel is a message like others', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(cancelOf(claim.run, { actor: 'ann', reason: 'wrong shop' }));
    expect(only(await harness.items(worker, claim))).toMatchObject({ n: 1, kind: 'cancel', actor: 'ann' });
  });

  it('to read changes nothing, and a heartbeat carries no messages', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(eventTo(claim.run, 'go', JSON.stringify('x'.repeat(100_000))));
    await harness.messages(worker);
    expect(await harness.heartbeatOf(worker)).toBe(0);
    expect(await harness.heartbeat(worker)).toEqual({ evicted: false });
    expect(await harness.heartbeatOf(worker)).toBe(1);
  });
}

/** All that there is, answer by answer, and the most messages that one of them had. */
async function drain(
  { store }: Harness,
  worker: string,
  claims: readonly { run: string; epoch: number }[],
  maxBytes: number,
): Promise<{ items: [string, number][]; max: number }> {
  const seen = new Map(claims.map(({ run }) => [run, 0]));
  const items: [string, number][] = [];
  for (let max = 0; ;) {
    const runs = claims.map(({ run, epoch }) => ({ run, epoch, seen: seen.get(run) ?? 0 }));
    const { inboxes, hasMore } = await store.messages({ worker, runs, maxBytes });
    const got = inboxes.flatMap(({ run, items: theirs }) => theirs.map(({ n }): [string, number] => [run, n]));
    if (hasMore && got.length === 0) throw new Error('an answer without a message says that there are more');
    items.push(...got);
    max = Math.max(max, got.length);
    for (const inbox of inboxes) seen.set(inbox.run, inbox.seen);
    if (!hasMore) return { items, max };
  }
}

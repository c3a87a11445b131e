import type { Inbox } from '../../ports/store-message.ts';
import { cancelOf, ended, eventTo, handedBack, newRuns, stepDone, suspended } from './builders.ts';
import type { Contract } from './contract.ts';
import { at, only, type Scene } from './scene.ts';

export function aboutMessages({ it, expect }: Contract): void {
  it('messages after the last one that was given are given, in order, again and again until they are consumed', async (scene) => {
    const worker = await scene.worker();
    const { run, epoch } = await scene.running(worker);
    await scene.store.ask([eventTo(run, 'a', '1'), eventTo(run, 'b', '2'), eventTo(run, 'c', null)]);
    const ask = async (seen: number): Promise<Inbox[]> => {
      const answer = await scene.store.messages({ worker, runs: [{ run, epoch, seen }], maxBytes: 1_000_000 });
      expect({ ...answer, inboxes: [] }).toEqual({ inboxes: [], lost: [], hasMore: false });
      return [...answer.inboxes];
    };
    const first = only(await ask(0));
    expect({ ...first, letters: first.letters.map(({ n, name, data }) => [n, name, data]) }).toEqual({
      run,
      epoch,
      seen: 3,
      letters: [
        [1, 'a', '1'],
        [2, 'b', '2'],
        [3, 'c', null],
      ],
    });
    expect(await ask(0)).toEqual([first]);
    expect(await ask(1)).toEqual([{ ...first, letters: first.letters.slice(1) }]);
    expect(await ask(3)).toEqual([]);
    await scene.recorded(worker, stepDone({ run, epoch }, 'wait', { type: 'wait', consumes: 2 }));
    expect(await ask(0)).toEqual([{ ...first, letters: [at(first.letters, 0), at(first.letters, 2)] }]);
  });

  it('a run whose messages are all consumed is told their number: its attempt may park', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(eventTo(claim.run, 'go'));
    await scene.recorded(worker, stepDone(claim, 'wait', { type: 'wait', consumes: 1 }), handedBack(claim));
    const { run, epoch, mail } = only((await scene.claim(worker)).claims);
    expect(mail).toBe(1);
    expect((await scene.messages(worker)).inboxes).toEqual([{ run, epoch, seen: 1, letters: [] }]);
    expect(await scene.record(worker, suspended({ run, epoch }, { mail: 1 }))).toEqual(['ok']);
  });

  it('runs without messages are passed over, and no message goes to whom it is not for', async (scene) => {
    const [worker, other] = [await scene.worker(), await scene.worker()];
    const [silent, mine, theirs] = [
      await scene.running(worker),
      await scene.running(worker),
      await scene.running(other),
    ];
    await scene.store.ask([eventTo(mine.run, 'mine'), eventTo(theirs.run, 'theirs')]);
    const runs = [silent, mine, theirs].map(({ run, epoch }) => ({ run, epoch, seen: 0 }));
    const answer = await scene.store.messages({ worker, runs, maxBytes: 1_000_000 });
    expect(answer.inboxes.map(({ run }) => run)).toEqual([mine.run]);
    expect(answer.lost).toEqual([theirs.run]);
  });

  it('runs that the worker does not hold in that epoch are lost', async (scene) => {
    const [worker, other] = [await scene.worker(), await scene.worker()];
    await scene.store.submit(newRuns(4));
    const { claims } = await scene.claim(worker);
    const [done, parked, back, kept] = [at(claims, 0), at(claims, 1), at(claims, 2), at(claims, 3)];
    await scene.recorded(worker, ended(done), suspended(parked), handedBack(back));
    expect(await scene.claimIds(other)).toEqual([back.run]);
    const runs = [...claims, { run: 'nobody', epoch: 1 }].map(({ run, epoch }) => ({ run, epoch, seen: 0 }));
    const ask = async (epochs: number): Promise<string[]> => {
      const asked = runs.map((one) => ({ ...one, epoch: one.epoch + epochs }));
      return [...(await scene.store.messages({ worker, runs: asked, maxBytes: 1_000 })).lost];
    };
    expect(await ask(0)).toEqual([done.run, parked.run, back.run, 'nobody']);
    expect((await ask(1)).includes(kept.run)).toBe(true);
    await scene.bury(worker);
    expect(await ask(0)).toEqual(runs.map(({ run }) => run));
  });

  it('an answer is bounded and has at least one message; the next ones have the rest', async (scene) => {
    const worker = await scene.worker();
    const claims = [await scene.running(worker), await scene.running(worker), await scene.running(worker)];
    const big = JSON.stringify('é'.repeat(50_000));
    for (const { run } of [at(claims, 0), at(claims, 2)]) {
      await scene.store.ask(Array.from({ length: 5 }, (_, n) => eventTo(run, `e${n}`, big)));
    }
    const got = await drain(scene, worker, claims, 250_000);
    expect(got.letters).toEqual(
      [at(claims, 0), at(claims, 2)].flatMap(({ run }) => [1, 2, 3, 4, 5].map((n) => [run, n])),
    );
    expect(got.most).toBe(2);
    expect((await drain(scene, worker, claims, 1)).most).toBe(1);
  });

  it('a thousand small messages are counted with their share', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.store.ask(Array.from({ length: 300 }, () => eventTo(claim.run, 'go')));
    const got = await drain(scene, worker, [claim], 10_000);
    expect(got.letters.length).toBe(300);
    expect(got.most > 50 && got.most <= 100).toBe(true);
  });

  it('a run of which only a part was given is queued again when it parks; with all it waits', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.store.ask([eventTo(claim.run, 'a'), eventTo(claim.run, 'b')]);
    const part = only((await scene.messages(worker, { maxBytes: 1 })).inboxes);
    expect(part.seen).toBe(1);
    await scene.recorded(worker, suspended(claim, { mail: part.seen }));
    expect(await scene.state(claim.run)).toBe('queued');
    const again = only((await scene.claim(worker)).claims);
    const rest = only((await scene.messages(worker, { seen: 1 })).inboxes);
    await scene.recorded(worker, suspended(again, { mail: rest.seen }));
    expect(await scene.state(claim.run)).toBe('waiting');
  });

  it('a request to cancel is a message like others', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(cancelOf(claim.run, { actor: 'ann', reason: 'wrong shop' }));
    expect(only(await scene.letters(worker, claim))).toMatchObject({ n: 1, kind: 'cancel', actor: 'ann' });
  });

  it('to read changes nothing, and a beat carries no messages', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(eventTo(claim.run, 'go', JSON.stringify('x'.repeat(100_000))));
    await scene.messages(worker);
    expect(await scene.beatOf(worker)).toBe(0);
    expect(await scene.beat(worker)).toEqual({ buried: false });
    expect(await scene.beatOf(worker)).toBe(1);
  });
}

/** All that there is, answer by answer, and the most messages that one of them had. */
async function drain(
  { store }: Scene,
  worker: string,
  claims: readonly { run: string; epoch: number }[],
  maxBytes: number,
): Promise<{ letters: [string, number][]; most: number }> {
  const seen = new Map(claims.map(({ run }) => [run, 0]));
  const letters: [string, number][] = [];
  for (let most = 0; ;) {
    const runs = claims.map(({ run, epoch }) => ({ run, epoch, seen: seen.get(run) ?? 0 }));
    const { inboxes, hasMore } = await store.messages({ worker, runs, maxBytes });
    const got = inboxes.flatMap(({ run, letters: theirs }) => theirs.map(({ n }): [string, number] => [run, n]));
    if (hasMore && got.length === 0) throw new Error('an answer without a message says that there are more');
    letters.push(...got);
    most = Math.max(most, got.length);
    for (const inbox of inboxes) seen.set(inbox.run, inbox.seen);
    if (!hasMore) return { letters, most };
  }
}

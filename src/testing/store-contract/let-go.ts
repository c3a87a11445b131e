import type { Entry } from '../../ports/store-entry.ts';
import type { Hold } from '../../ports/store-claim.ts';
import { callbackKey } from '../../job/callbacks.ts';
import { cancelOf, childOf, eventTo, handedBack, newRun, stepBegun, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

/** What becomes of a run that nobody holds any more (job/transition.ts): a request to cancel is never forgotten. */
export function aboutLetGo({ it, expect }: Contract): void {
  for (const { name, entry } of ways) {
    it(`${name} somebody has asked to cancel ends cancelled, and says by whom and why`, async (harness) => {
      const worker = await harness.worker();
      const claim = await harness.running(worker);
      await harness.act(eventTo(claim.run, 'go'));
      await harness.act(cancelOf(claim.run, { actor: 'ann', reason: 'wrong shop' }));
      await harness.act(cancelOf(claim.run, { actor: 'bob', reason: null }));
      expect(await harness.record(worker, entry(claim))).toEqual(['cancelled']);
      const run = await harness.run(claim.run);
      const error = { code: 'RUN_CANCELLED', message: 'cancelled by ann: wrong shop' };
      expect(run).toMatchObject({ state: 'cancelled', epoch: claim.epoch, error });
      expect(run.finishedAt === null).toBe(false);
      expect(await harness.held(worker)).toEqual([]);
      expect(await harness.record(worker, entry(claim))).toEqual(['cancelled']);
      expect(await harness.run(claim.run)).toEqual(run);
    });

    it(`${name} is asked to be cancelled at the very time ends cancelled`, async (harness) => {
      const other = await harness.second();
      const worker = await harness.worker();
      for (let round = 0; round < 40; round++) {
        const claim = await harness.running(worker);
        const letGo = async () => only(await harness.record(worker, entry(claim)));
        const cancel = async () => only(await other.act([cancelOf(claim.run)])).verdict;
        const [verdict, answer] =
          round % 2 === 0
            ? await Promise.all([letGo(), cancel()])
            : (await Promise.all([cancel(), letGo()])).toReversed();
        const state = await harness.state(claim.run);
        expect({ verdict, answer, state }).toEqual(
          verdict === 'ok'
            ? { verdict: 'ok', answer: 'done', state: 'cancelled' }
            : { verdict: 'cancelled', answer: 'pending', state: 'cancelled' },
        );
      }
    });

    it(`${name} ends so tells its parent, calls back, and takes its children along`, async (harness) => {
      const [mother, worker] = [await harness.worker(), await harness.worker()];
      const parent = await harness.running(mother);
      const child = childOf(parent, { job: 'child', holder: worker, callbacks: 'failure' });
      await harness.recorded(mother, stepBegun(parent, 'c', { type: 'child', child }), suspended(parent));
      const hold = { run: child.id, epoch: 1 };
      const kin = { run: child.id, root: parent.root };
      const [queued, held, letGo] = [childOf(kin), childOf(kin, { holder: mother }), childOf(kin, { holder: worker })];
      const grandchild = childOf({ run: letGo.id, root: parent.root });
      await harness.store.submit([queued, held, letGo, grandchild]);
      await harness.act(cancelOf(child.id));
      const verdicts = await harness.record(worker, entry(hold), entry({ run: letGo.id, epoch: 1 }));
      expect(verdicts).toEqual(['cancelled', 'cancelled']);
      const found = await harness.store.get([queued.id, held.id, letGo.id, grandchild.id]);
      expect(found.map((run) => run?.state)).toEqual(['cancelled', 'running', 'cancelled', 'cancelled']);
      expect(only(only(await harness.inboxes(mother)).items).kind).toBe('cancel');
      const called = callbackKey(await harness.run(child.id));
      expect(await harness.run(called)).toMatchObject({ state: 'queued', parent: child.id });
      const again = only((await harness.claim(mother, { tree: [parent.run] })).claims.filter(isOf(parent)));
      expect(only(await harness.items(mother, again))).toMatchObject({ kind: 'child', name: child.id });
    });
  }

  it('a parent that parks in the group in which its child ends so does not wait for it', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const child = childOf(parent, { holder: worker });
    await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }));
    await harness.act(cancelOf(child.id));
    const verdicts = await harness.record(worker, suspended(parent), handedBack({ run: child.id, epoch: 1 }));
    expect(verdicts).toEqual(['ok', 'cancelled']);
    expect(only((await harness.claim(worker)).claims)).toMatchObject({ run: parent.run, mailboxSeq: 1 });
  });

  it('an attempt that has seen the request to cancel and only waits ends cancelled', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(cancelOf(claim.run));
    const { seen } = only(await harness.inboxes(worker));
    expect(await harness.record(worker, suspended(claim, { mailboxSeq: seen }))).toEqual(['cancelled']);
  });

  it('a next attempt keeps its delay when mail has come', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const before = await harness.now();
    await harness.act(eventTo(claim.run, 'go'));
    await harness.recorded(worker, handedBack(claim, { attempt: 2, delayMs: 60_000 }));
    const { state, dueAt } = await harness.run(claim.run);
    expect({ state, late: (dueAt ?? 0) >= before + 60_000 }).toEqual({ state: 'queued', late: true });
  });

  for (const counted of [true, false]) {
    const how = counted ? 'crashed' : 'left in order';
    it(`a run of a worker that ${how} ends cancelled where somebody has asked for it`, async (harness) => {
      const [mother, dead] = [await harness.worker(), await harness.worker()];
      const parent = await harness.running(mother);
      const firstSeq = childOf(parent, { holder: dead, maxCrashes: 1, callbacks: 'failure' });
      const kin = { run: firstSeq.id, root: parent.root };
      const [child, other] = [childOf(kin, { holder: dead }), newRun({ holder: dead })];
      await harness.store.submit([firstSeq, child, other]);
      await harness.act(cancelOf(firstSeq.id, { actor: 'ann', reason: null }));
      expect((await harness.evict(dead, counted)).toSorted()).toEqual([firstSeq.id, child.id, other.id].toSorted());
      const error = { code: 'RUN_CANCELLED', message: 'cancelled by ann' };
      expect(await harness.run(firstSeq.id)).toMatchObject({ state: 'cancelled', epoch: 2, error });
      expect(await harness.state(child.id)).toBe('cancelled');
      expect(await harness.state(other.id)).toBe('queued');
      expect(await harness.state(callbackKey({ id: firstSeq.id, epoch: 2 }))).toBe('queued');
      expect(only(only(await harness.inboxes(mother)).items)).toMatchObject({ kind: 'child', name: firstSeq.id });
    });
  }

  it('a run past its limit that somebody has asked to cancel ends cancelled', async (harness) => {
    const worker = await harness.worker();
    const { run, epoch } = await harness.running(worker);
    await harness.act(cancelOf(run, { actor: 'ann', reason: null }));
    await harness.store.evict([{ run, epoch, code: 'RUN_TIMED_OUT', message: 'it ran longer than 5 s' }]);
    const error = { code: 'RUN_CANCELLED', message: 'cancelled by ann' };
    expect(await harness.run(run)).toMatchObject({ state: 'cancelled', epoch: epoch + 1, error });
  });

  it('a cancel of a job that is paused, or that no worker knows any more, ends all the same', async (harness) => {
    const [dead, stopping] = [await harness.worker(), await harness.worker()];
    const [taken, given] = [newRun({ job: 'gone', holder: dead }), newRun({ job: 'gone', holder: stopping })];
    await harness.store.submit([taken, given]);
    for (const { id } of [taken, given]) expect((await harness.act(cancelOf(id))).verdict).toBe('pending');
    await harness.evict(dead);
    await harness.record(stopping, handedBack({ run: given.id, epoch: 1 }, { attempt: null }));
    expect([await harness.state(taken.id), await harness.state(given.id)]).toEqual(['cancelled', 'cancelled']);
  });
}

const ways: readonly { readonly name: string; readonly entry: (hold: Hold) => Entry }[] = [
  { name: 'a parking run that', entry: (hold) => suspended(hold, { wakeInMs: 3_600_000 }) },
  { name: 'a run that is handed back and that', entry: (hold) => handedBack(hold) },
  { name: 'a run between two attempts that', entry: (hold) => handedBack(hold, { attempt: 2, delayMs: 60_000 }) },
];

function isOf(parent: Hold): (claim: Hold) => boolean {
  return ({ run }) => run === parent.run;
}

import type { Entry } from '../../ports/store-entry.ts';
import type { Hold } from '../../ports/store-claim.ts';
import { callbackKey } from '../../job/callbacks.ts';
import { cancelOf, childOf, eventTo, handedBack, newRun, stepBegun, suspended } from './builders.ts';
import type { Contract } from './contract.ts';
import { only } from './scene.ts';

/** What becomes of a run that nobody holds any more (job/transition.ts): a request to cancel is never forgotten. */
export function aboutLetGo({ it, expect }: Contract): void {
  for (const { name, entry } of ways) {
    it(`${name} somebody has asked to cancel ends cancelled, and says by whom and why`, async (scene) => {
      const worker = await scene.worker();
      const claim = await scene.running(worker);
      await scene.ask(eventTo(claim.run, 'go'));
      await scene.ask(cancelOf(claim.run, { actor: 'ann', reason: 'wrong shop' }));
      await scene.ask(cancelOf(claim.run, { actor: 'bob', reason: null }));
      expect(await scene.record(worker, entry(claim))).toEqual(['cancelled']);
      const run = await scene.run(claim.run);
      const error = { code: 'RUN_CANCELLED', message: 'cancelled by ann: wrong shop' };
      expect(run).toMatchObject({ state: 'cancelled', epoch: claim.epoch, error });
      expect(run.finishedAt === null).toBe(false);
      expect(await scene.held(worker)).toEqual([]);
      expect(await scene.record(worker, entry(claim))).toEqual(['cancelled']);
      expect(await scene.run(claim.run)).toEqual(run);
    });

    it(`${name} is asked to be cancelled at the very time ends cancelled`, async (scene) => {
      const other = await scene.second();
      const worker = await scene.worker();
      for (let round = 0; round < 40; round++) {
        const claim = await scene.running(worker);
        const letGo = async () => only(await scene.record(worker, entry(claim)));
        const cancel = async () => only(await other.ask([cancelOf(claim.run)])).verdict;
        const [verdict, answer] =
          round % 2 === 0
            ? await Promise.all([letGo(), cancel()])
            : (await Promise.all([cancel(), letGo()])).toReversed();
        const state = await scene.state(claim.run);
        expect({ verdict, answer, state }).toEqual(
          verdict === 'ok'
            ? { verdict: 'ok', answer: 'done', state: 'cancelled' }
            : { verdict: 'cancelled', answer: 'mailed', state: 'cancelled' },
        );
      }
    });

    it(`${name} ends so tells its parent, calls back, and takes its children along`, async (scene) => {
      const [mother, worker] = [await scene.worker(), await scene.worker()];
      const parent = await scene.running(mother);
      const child = childOf(parent, { job: 'child', holder: worker, callbacks: 'failure' });
      await scene.recorded(mother, stepBegun(parent, 'c', { type: 'child', child }), suspended(parent));
      const hold = { run: child.id, epoch: 1 };
      const kin = { run: child.id, root: parent.root };
      const [queued, held, letGo] = [childOf(kin), childOf(kin, { holder: mother }), childOf(kin, { holder: worker })];
      const grandchild = childOf({ run: letGo.id, root: parent.root });
      await scene.store.submit([queued, held, letGo, grandchild]);
      await scene.ask(cancelOf(child.id));
      const verdicts = await scene.record(worker, entry(hold), entry({ run: letGo.id, epoch: 1 }));
      expect(verdicts).toEqual(['cancelled', 'cancelled']);
      const found = await scene.store.get([queued.id, held.id, letGo.id, grandchild.id]);
      expect(found.map((run) => run?.state)).toEqual(['cancelled', 'running', 'cancelled', 'cancelled']);
      expect(only(only(await scene.inboxes(mother)).letters).kind).toBe('cancel');
      const called = callbackKey(await scene.run(child.id));
      expect(await scene.run(called)).toMatchObject({ state: 'queued', parent: child.id });
      const again = only((await scene.claim(mother, { tree: [parent.run] })).claims.filter(isOf(parent)));
      expect(only(await scene.letters(mother, again))).toMatchObject({ kind: 'child', name: child.id });
    });
  }

  it('a parent that parks in the group in which its child ends so does not wait for it', async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker);
    const child = childOf(parent, { holder: worker });
    await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }));
    await scene.ask(cancelOf(child.id));
    const verdicts = await scene.record(worker, suspended(parent), handedBack({ run: child.id, epoch: 1 }));
    expect(verdicts).toEqual(['ok', 'cancelled']);
    expect(only((await scene.claim(worker)).claims)).toMatchObject({ run: parent.run, mail: 1 });
  });

  it('an attempt that has seen the request to cancel and only waits ends cancelled', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(cancelOf(claim.run));
    const { seen } = only(await scene.inboxes(worker));
    expect(await scene.record(worker, suspended(claim, { mail: seen }))).toEqual(['cancelled']);
  });

  it('a next attempt keeps its delay when mail has come', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const before = await scene.now();
    await scene.ask(eventTo(claim.run, 'go'));
    await scene.recorded(worker, handedBack(claim, { attempt: 2, delayMs: 60_000 }));
    const { state, dueAt } = await scene.run(claim.run);
    expect({ state, late: (dueAt ?? 0) >= before + 60_000 }).toEqual({ state: 'queued', late: true });
  });

  for (const counted of [true, false]) {
    const how = counted ? 'crashed' : 'left in order';
    it(`a run of a worker that ${how} ends cancelled where somebody has asked for it`, async (scene) => {
      const [mother, dead] = [await scene.worker(), await scene.worker()];
      const parent = await scene.running(mother);
      const asked = childOf(parent, { holder: dead, maxCrashes: 1, callbacks: 'failure' });
      const kin = { run: asked.id, root: parent.root };
      const [child, other] = [childOf(kin, { holder: dead }), newRun({ holder: dead })];
      await scene.store.submit([asked, child, other]);
      await scene.ask(cancelOf(asked.id, { actor: 'ann', reason: null }));
      expect((await scene.bury(dead, counted)).toSorted()).toEqual([asked.id, child.id, other.id].toSorted());
      const error = { code: 'RUN_CANCELLED', message: 'cancelled by ann' };
      expect(await scene.run(asked.id)).toMatchObject({ state: 'cancelled', epoch: 2, error });
      expect(await scene.state(child.id)).toBe('cancelled');
      expect(await scene.state(other.id)).toBe('queued');
      expect(await scene.state(callbackKey({ id: asked.id, epoch: 2 }))).toBe('queued');
      expect(only(only(await scene.inboxes(mother)).letters)).toMatchObject({ kind: 'child', name: asked.id });
    });
  }

  it('a run past its limit that somebody has asked to cancel ends cancelled', async (scene) => {
    const worker = await scene.worker();
    const { run, epoch } = await scene.running(worker);
    await scene.ask(cancelOf(run, { actor: 'ann', reason: null }));
    await scene.store.bury([{ run, epoch, code: 'RUN_TIMED_OUT', message: 'it ran longer than 5 s' }]);
    const error = { code: 'RUN_CANCELLED', message: 'cancelled by ann' };
    expect(await scene.run(run)).toMatchObject({ state: 'cancelled', epoch: epoch + 1, error });
  });

  it('a cancel of a job that is paused, or that no worker knows any more, ends all the same', async (scene) => {
    const [dead, stopping] = [await scene.worker(), await scene.worker()];
    const [taken, given] = [newRun({ job: 'gone', holder: dead }), newRun({ job: 'gone', holder: stopping })];
    await scene.store.submit([taken, given]);
    for (const { id } of [taken, given]) expect((await scene.ask(cancelOf(id))).verdict).toBe('mailed');
    await scene.bury(dead);
    await scene.record(stopping, handedBack({ run: given.id, epoch: 1 }, { attempt: null }));
    expect([await scene.state(taken.id), await scene.state(given.id)]).toEqual(['cancelled', 'cancelled']);
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

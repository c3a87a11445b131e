import { childOf, ended, failed, newRun, stepBegun, suspended } from './builders.ts';
import type { Contract } from './contract.ts';
import { only } from './scene.ts';

export function aboutOutcome({ it, expect }: Contract): void {
  it('a run that succeeded keeps what it returned and answered', async (scene) => {
    const worker = await scene.worker({ node: 'vm-1' });
    const claim = await scene.running(worker);
    const before = await scene.now();
    const response = { status: 201, headers: [['X-A', 'ü']] as const, body: 'created\n' };
    const progress = { fraction: 1, text: 'all done' };
    expect(await scene.record(worker, ended(claim, { output: '{"b":2,"a":1}', response, progress }))).toEqual(['ok']);
    const run = await scene.run(claim.run);
    expect(run).toMatchObject({
      state: 'succeeded',
      output: '{"b":2,"a":1}',
      response,
      progress,
      error: null,
      attempt: 1,
      epoch: claim.epoch,
      node: 'vm-1',
      waitingFor: [],
    });
    expect(run.finishedAt !== null && run.finishedAt >= before && run.finishedAt <= (await scene.now())).toBe(true);
    expect((run.startedAt ?? Infinity) <= (run.finishedAt ?? 0)).toBe(true);
  });

  it('a run that failed keeps its error', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const error = {
      code: 'NO_SHOP',
      message: 'no such shop',
      data: { shop: 'a', list: [1, null] },
      stack: 'Error\n  at',
    };
    await scene.recorded(worker, failed(claim, { error }));
    expect(await scene.run(claim.run)).toMatchObject({ state: 'failed', output: null, error });
  });

  it('an owner may end its run cancelled', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const error = { code: 'RUN_CANCELLED', message: 'cancelled by ann: no longer needed' };
    await scene.recorded(worker, ended(claim, { state: 'cancelled', output: null, error }));
    expect(await scene.run(claim.run)).toMatchObject({ state: 'cancelled', error });
  });

  it('a run that ended is held by nobody and never claimed again', async (scene) => {
    const worker = await scene.worker();
    await scene.recorded(worker, ended(await scene.running(worker)));
    expect(await scene.held(worker)).toEqual([]);
    expect(await scene.claim(worker)).toMatchObject({ claims: [], nextDueAt: null });
  });

  it('the same outcome sent again is ok and changes nothing, another one is stale', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, ended(claim));
    const before = await scene.run(claim.run);
    expect(await scene.record(worker, ended(claim))).toEqual(['ok']);
    expect(await scene.record(worker, failed(claim))).toEqual(['stale']);
    expect(await scene.run(claim.run)).toEqual(before);
  });

  it('an outcome sent again leaves its parent one letter', async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker);
    const child = childOf(parent, { holder: worker });
    await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }));
    const outcome = ended({ run: child.id, epoch: 1 });
    await scene.recorded(worker, outcome);
    await scene.recorded(worker, outcome);
    expect(only(await scene.inboxes(worker)).letters.length).toBe(1);
  });

  it('each way to end tells the parent', async (scene) => {
    const worker = await scene.worker();
    for (const end of [ended, failed]) {
      const parent = await scene.running(worker);
      const child = childOf(parent, { holder: worker });
      await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), suspended(parent));
      await scene.recorded(worker, end({ run: child.id, epoch: 1 }));
      const again = only((await scene.claim(worker)).claims);
      expect(only(await scene.letters(worker, again))).toMatchObject({ kind: 'child', name: child.id });
      await scene.recorded(worker, ended(again));
    }
  });

  it('a parent that has ended gets no letter and stays ended', async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker);
    const child = childOf(parent, { holder: worker });
    await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), ended(parent));
    const before = await scene.run(parent.run);
    expect(await scene.record(worker, ended({ run: child.id, epoch: 1 }))).toEqual(['ok']);
    expect(await scene.run(parent.run)).toEqual(before);
  });

  it('children of a run that succeeded go on', async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker);
    const child = childOf(parent, { job: 'child' });
    await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), ended(parent));
    expect(await scene.state(child.id)).toBe('queued');
    expect(await scene.claimIds(worker, { jobs: ['child'] })).toEqual([child.id]);
  });

  it('children of a run that did not succeed are cancelled, and their children', async (scene) => {
    const worker = await scene.worker();
    for (const state of ['failed', 'cancelled'] as const) {
      const parent = await scene.running(worker);
      const [queued, waiting, running, done] = [
        childOf(parent, { job: 'child' }),
        childOf(parent, { holder: worker }),
        childOf(parent, { holder: worker }),
        childOf(parent, { holder: worker }),
      ];
      const grandchild = childOf({ run: queued.id, root: parent.root }, { job: 'child' });
      await scene.store.submit([queued, waiting, running, done, grandchild]);
      await scene.recorded(worker, suspended({ run: waiting.id, epoch: 1 }), ended({ run: done.id, epoch: 1 }));
      await scene.recorded(worker, failed(parent, { state }));
      expect(await scene.run(queued.id)).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
      expect(await scene.state(waiting.id)).toBe('cancelled');
      expect(await scene.state(grandchild.id)).toBe('cancelled');
      expect(await scene.state(done.id)).toBe('succeeded');
      expect(await scene.state(running.id)).toBe('running');
      const { run, letters } = only(await scene.inboxes(worker));
      expect(run).toBe(running.id);
      expect(only(letters).kind).toBe('cancel');
      await scene.recorded(worker, failed({ run: running.id, epoch: 1 }, { state: 'cancelled' }));
      expect(await scene.inboxes(worker)).toEqual([]);
    }
  });

  it('a chain of 50 descendants is cancelled with its topmost run', async (scene) => {
    const worker = await scene.worker();
    const top = await scene.running(worker);
    let parent = top.run;
    const chain = Array.from({ length: 50 }, () => {
      const child = childOf({ run: parent, root: top.root }, { job: 'child' });
      parent = child.id;
      return child;
    });
    await scene.store.submit(chain);
    await scene.recorded(worker, failed(top));
    const runs = await scene.store.get(chain.map(({ id }) => id));
    expect(new Set(runs.map((run) => run?.state))).toEqual(new Set(['cancelled']));
  });

  it('a child that is created in the group in which its parent fails is cancelled', async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker);
    const child = childOf(parent);
    await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), failed(parent));
    expect(await scene.state(child.id)).toBe('cancelled');
    expect(await scene.claimIds(worker)).toEqual([]);
  });

  it('a child that parks in the group in which its parent fails is cancelled with it', async (scene) => {
    const worker = await scene.worker();
    for (const parentFirst of [true, false]) {
      const parent = await scene.running(worker);
      const child = childOf(parent, { holder: worker });
      await scene.store.submit([child]);
      const entries = [failed(parent), suspended({ run: child.id, epoch: 1 })];
      const verdicts = await scene.record(worker, ...(parentFirst ? entries : entries.toReversed()));
      expect(verdicts).toEqual(parentFirst ? ['ok', 'cancelled'] : ['cancelled', 'ok']);
      expect((await scene.run(child.id)).error?.message).toBe(`cancelled by run ${parent.run}: its parent failed`);
    }
  });

  it('parents that fail and children that end at the same time all settle', async (scene) => {
    const other = await scene.second();
    const [mother, nurse] = [await scene.worker(), await scene.worker()];
    for (let round = 0; round < 20; round++) {
      const parents = Array.from({ length: 10 }, () => newRun({ holder: mother }));
      await scene.store.submit(parents);
      const children = parents.map(({ id }) => childOf({ run: id, root: id }, { holder: nurse }));
      await scene.store.submit(children);
      const [failures, ends] = await Promise.all([
        scene.record(mother, ...parents.map(({ id }) => failed({ run: id, epoch: 1 }))),
        other.record({ worker: nurse, entries: children.map(({ id }) => ended({ run: id, epoch: 1 })).toReversed() }),
      ]);
      expect(new Set([...failures, ...ends])).toEqual(new Set(['ok']));
      const found = await scene.store.get([...parents, ...children].map(({ id }) => id));
      const states = found.map((run) => run?.state);
      expect(new Set(states.slice(0, 10))).toEqual(new Set(['failed']));
      expect(new Set(states.slice(10))).toEqual(new Set(['succeeded']));
      expect(await scene.inboxes(nurse)).toEqual([]);
    }
  });

  it('500 runs end in one group', async (scene) => {
    const worker = await scene.worker();
    const runs = Array.from({ length: 500 }, () => newRun({ holder: worker }));
    await scene.store.submit(runs);
    const verdicts = await scene.record(
      worker,
      ...runs.map(({ id }, n) => ended({ run: id, epoch: 1 }, { output: `${n}` })),
    );
    expect(new Set(verdicts)).toEqual(new Set(['ok']));
    const found = await scene.store.get(runs.map(({ id }) => id));
    expect(found.map((run) => run?.output)).toEqual(runs.map((_, n) => `${n}`));
  });
}

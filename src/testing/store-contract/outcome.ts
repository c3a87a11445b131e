import { childOf, ended, failed, newRun, stepBegun, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

export function aboutOutcome({ it, expect }: Contract): void {
  it('a run that succeeded keeps what it returned and answered', async (harness) => {
    const worker = await harness.worker({ node: 'vm-1' });
    const claim = await harness.running(worker);
    const before = await harness.now();
    const response = { status: 201, headers: [['X-A', 'ü']] as const, body: 'created\n' };
    const progress = { fraction: 1, text: 'all done' };
    expect(await harness.record(worker, ended(claim, { output: '{"b":2,"a":1}', response, progress }))).toEqual(['ok']);
    const run = await harness.run(claim.run);
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
    expect(run.finishedAt !== null && run.finishedAt >= before && run.finishedAt <= (await harness.now())).toBe(true);
    expect((run.startedAt ?? Infinity) <= (run.finishedAt ?? 0)).toBe(true);
  });

  it('a run that failed keeps its error', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const error = {
      code: 'NO_SHOP',
      message: 'no such shop',
      data: { shop: 'a', list: [1, null] },
      stack: 'Error\n  at',
    };
    await harness.recorded(worker, failed(claim, { error }));
    expect(await harness.run(claim.run)).toMatchObject({ state: 'failed', output: null, error });
  });

  it('an owner may end its run cancelled', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const error = { code: 'RUN_CANCELLED', message: 'cancelled by ann: no longer needed' };
    await harness.recorded(worker, ended(claim, { state: 'cancelled', output: null, error }));
    expect(await harness.run(claim.run)).toMatchObject({ state: 'cancelled', error });
  });

  it('a run that ended is held by nobody and never claimed again', async (harness) => {
    const worker = await harness.worker();
    await harness.recorded(worker, ended(await harness.running(worker)));
    expect(await harness.held(worker)).toEqual([]);
    expect(await harness.claim(worker)).toMatchObject({ claims: [], nextDueAt: null });
  });

  it('the same outcome sent again is ok and changes nothing, another one is stale', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, ended(claim));
    const before = await harness.run(claim.run);
    expect(await harness.record(worker, ended(claim))).toEqual(['ok']);
    expect(await harness.record(worker, failed(claim))).toEqual(['stale']);
    expect(await harness.run(claim.run)).toEqual(before);
  });

  it('an outcome sent again leaves its parent one mailbox item', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const child = childOf(parent, { holder: worker });
    await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }));
    const outcome = ended({ run: child.id, epoch: 1 });
    await harness.recorded(worker, outcome);
    await harness.recorded(worker, outcome);
    expect(only(await harness.inboxes(worker)).items.length).toBe(1);
  });

  it('each way to end tells the parent', async (harness) => {
    const worker = await harness.worker();
    for (const end of [ended, failed]) {
      const parent = await harness.running(worker);
      const child = childOf(parent, { holder: worker });
      await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), suspended(parent));
      await harness.recorded(worker, end({ run: child.id, epoch: 1 }));
      const again = only((await harness.claim(worker)).claims);
      expect(only(await harness.items(worker, again))).toMatchObject({ kind: 'child', name: child.id });
      await harness.recorded(worker, ended(again));
    }
  });

  it('a parent that has ended gets no mailbox item and stays ended', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const child = childOf(parent, { holder: worker });
    await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), ended(parent));
    const before = await harness.run(parent.run);
    expect(await harness.record(worker, ended({ run: child.id, epoch: 1 }))).toEqual(['ok']);
    expect(await harness.run(parent.run)).toEqual(before);
  });

  it('children of a run that succeeded go on', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const child = childOf(parent, { job: 'child' });
    await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), ended(parent));
    expect(await harness.state(child.id)).toBe('queued');
    expect(await harness.claimIds(worker, { jobs: ['child'] })).toEqual([child.id]);
  });

  it('children of a run that did not succeed are cancelled, and their children', async (harness) => {
    const worker = await harness.worker();
    for (const state of ['failed', 'cancelled'] as const) {
      const parent = await harness.running(worker);
      const [queued, waiting, running, done] = [
        childOf(parent, { job: 'child' }),
        childOf(parent, { holder: worker }),
        childOf(parent, { holder: worker }),
        childOf(parent, { holder: worker }),
      ];
      const grandchild = childOf({ run: queued.id, root: parent.root }, { job: 'child' });
      await harness.store.submit([queued, waiting, running, done, grandchild]);
      await harness.recorded(worker, suspended({ run: waiting.id, epoch: 1 }), ended({ run: done.id, epoch: 1 }));
      await harness.recorded(worker, failed(parent, { state }));
      expect(await harness.run(queued.id)).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
      expect(await harness.state(waiting.id)).toBe('cancelled');
      expect(await harness.state(grandchild.id)).toBe('cancelled');
      expect(await harness.state(done.id)).toBe('succeeded');
      expect(await harness.state(running.id)).toBe('running');
      const { run, items } = only(await harness.inboxes(worker));
      expect(run).toBe(running.id);
      expect(only(items).kind).toBe('cancel');
      await harness.recorded(worker, failed({ run: running.id, epoch: 1 }, { state: 'cancelled' }));
      expect(await harness.inboxes(worker)).toEqual([]);
    }
  });

  it('a chain of 50 descendants is cancelled with its topmost run', async (harness) => {
    const worker = await harness.worker();
    const top = await harness.running(worker);
    let parent = top.run;
    const chain = Array.from({ length: 50 }, () => {
      const child = childOf({ run: parent, root: top.root }, { job: 'child' });
      parent = child.id;
      return child;
    });
    await harness.store.submit(chain);
    await harness.recorded(worker, failed(top));
    const runs = await harness.store.get(chain.map(({ id }) => id));
    expect(new Set(runs.map((run) => run?.state))).toEqual(new Set(['cancelled']));
  });

  it('a child that is created in the group in which its parent fails is cancelled', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const child = childOf(parent);
    await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), failed(parent));
    expect(await harness.state(child.id)).toBe('cancelled');
    expect(await harness.claimIds(worker)).toEqual([]);
  });

  it('a child that parks in the group in which its parent fails is cancelled with it', async (harness) => {
    const worker = await harness.worker();
    for (const parentFirst of [true, false]) {
      const parent = await harness.running(worker);
      const child = childOf(parent, { holder: worker });
      await harness.store.submit([child]);
      const entries = [failed(parent), suspended({ run: child.id, epoch: 1 })];
      const verdicts = await harness.record(worker, ...(parentFirst ? entries : entries.toReversed()));
      expect(verdicts).toEqual(parentFirst ? ['ok', 'cancelled'] : ['cancelled', 'ok']);
      expect((await harness.run(child.id)).error?.message).toBe(`cancelled by run ${parent.run}: its parent failed`);
    }
  });

  it('parents that fail and children that end at the same time all settle', async (harness) => {
    const other = await harness.second();
    const [mother, nurse] = [await harness.worker(), await harness.worker()];
    for (let round = 0; round < 20; round++) {
      const parents = Array.from({ length: 10 }, () => newRun({ holder: mother }));
      await harness.store.submit(parents);
      const children = parents.map(({ id }) => childOf({ run: id, root: id }, { holder: nurse }));
      await harness.store.submit(children);
      const [failures, ends] = await Promise.all([
        harness.record(mother, ...parents.map(({ id }) => failed({ run: id, epoch: 1 }))),
        other.record({ worker: nurse, entries: children.map(({ id }) => ended({ run: id, epoch: 1 })).toReversed() }),
      ]);
      expect(new Set([...failures, ...ends])).toEqual(new Set(['ok']));
      const found = await harness.store.get([...parents, ...children].map(({ id }) => id));
      const states = found.map((run) => run?.state);
      expect(new Set(states.slice(0, 10))).toEqual(new Set(['failed']));
      expect(new Set(states.slice(10))).toEqual(new Set(['succeeded']));
      expect(await harness.inboxes(nurse)).toEqual([]);
    }
  });

  it('500 runs end in one group', async (harness) => {
    const worker = await harness.worker();
    const runs = Array.from({ length: 500 }, () => newRun({ holder: worker }));
    await harness.store.submit(runs);
    const verdicts = await harness.record(
      worker,
      ...runs.map(({ id }, n) => ended({ run: id, epoch: 1 }, { output: `${n}` })),
    );
    expect(new Set(verdicts)).toEqual(new Set(['ok']));
    const found = await harness.store.get(runs.map(({ id }) => id));
    expect(found.map((run) => run?.output)).toEqual(runs.map((_, n) => `${n}`));
  });
}

import { cancelOf, childOf, ended, failed, newRun, stepBegun, suspended } from './harness/builders.ts';
import type { Action } from '../../ports/store-action.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

export function aboutCancel({ it, expect }: Contract): void {
  it('a queued run is cancelled at once and says by whom and why', async (harness) => {
    const { run } = await harness.submit();
    const before = await harness.now();
    const answer = await harness.act(cancelOf(run.id, { actor: 'ann', reason: 'wrong shop' }));
    expect(answer).toEqual({ verdict: 'done', run: run.id, state: 'cancelled' });
    const { state, error, output, finishedAt, startedAt } = await harness.run(run.id);
    expect({ state, error, output, startedAt }).toEqual({
      state: 'cancelled',
      error: { code: 'RUN_CANCELLED', message: 'cancelled by ann: wrong shop' },
      output: null,
      startedAt: null,
    });
    expect(finishedAt !== null && finishedAt >= before).toBe(true);
    expect(await harness.claimIds(await harness.worker())).toEqual([]);
  });

  it('a cancel without reason says by whom', async (harness) => {
    const { run } = await harness.submit();
    await harness.act(cancelOf(run.id, { actor: 'ann', reason: null }));
    expect((await harness.run(run.id)).error).toEqual({ code: 'RUN_CANCELLED', message: 'cancelled by ann' });
  });

  it('a delayed run is cancelled at once', async (harness) => {
    const { run } = await harness.submit({ delayMs: 3_600_000 });
    expect((await harness.act(cancelOf(run.id))).verdict).toBe('done');
  });

  it('a waiting run is cancelled at once', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, suspended(claim));
    expect(await harness.act(cancelOf(claim.run))).toEqual({ verdict: 'done', run: claim.run, state: 'cancelled' });
    expect(await harness.run(claim.run)).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
  });

  it('the owner of a running run is asked by mailbox item, and what it says is the end', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const before = await harness.now();
    const answer = await harness.act(cancelOf(claim.run, { actor: 'ann', reason: 'wrong shop' }));
    expect(answer).toEqual({ verdict: 'pending', run: claim.run, state: 'running' });
    const { items, seen } = only(await harness.inboxes(worker));
    expect(seen).toBe(1);
    const item = only(items);
    expect(item).toMatchObject({ n: 1, kind: 'cancel', data: null, actor: 'ann', reason: 'wrong shop' });
    expect(item.at >= before && item.at <= (await harness.now())).toBe(true);
    await harness.recorded(worker, ended(claim));
    expect(await harness.state(claim.run)).toBe('succeeded');
    expect(await harness.inboxes(worker)).toEqual([]);
  });

  it('a run that has ended stays as it is', async (harness) => {
    const worker = await harness.worker();
    for (const end of [ended, failed]) {
      const claim = await harness.running(worker);
      await harness.recorded(worker, end(claim));
      const before = await harness.run(claim.run);
      expect(await harness.act(cancelOf(claim.run))).toEqual({
        verdict: 'finished',
        run: claim.run,
        state: before.state,
      });
      expect(await harness.run(claim.run)).toEqual(before);
    }
  });

  it('a run may be named by its key, its id goes first', async (harness) => {
    const { run } = await harness.submit({ key: 'orders/7' });
    const { run: other } = await harness.submit({ key: run.id });
    expect(await harness.act(cancelOf('orders/7'))).toMatchObject({ verdict: 'done', run: run.id });
    expect(await harness.act(cancelOf(run.id))).toMatchObject({ verdict: 'finished', run: run.id });
    expect(await harness.state(other.id)).toBe('queued');
  });

  it('a run that does not exist is unknown', async (harness) => {
    const unknown = { verdict: 'unknown', run: null, state: null };
    expect(await harness.act(cancelOf(newRun().id))).toEqual(unknown);
    expect(await harness.act(cancelOf('no such key'))).toEqual(unknown);
  });

  it('several asks are answered one by one, in order', async (harness) => {
    const worker = await harness.worker();
    const running = await harness.running(worker);
    const { run } = await harness.submit();
    const actions = [cancelOf('nobody'), cancelOf(run.id), cancelOf(run.id), cancelOf(running.run)];
    const answers = await harness.store.act(actions);
    expect(answers.map(({ verdict }) => verdict)).toEqual(['unknown', 'done', 'finished', 'pending']);
    expect(await harness.store.act([])).toEqual([]);
  });

  it('a cancel sent again gets the same verdict and leaves no second mailbox item', async (harness) => {
    const worker = await harness.worker();
    const running = await harness.running(worker);
    const { run } = await harness.submit();
    const actions = [cancelOf(run.id), cancelOf(running.run)];
    const first = await harness.store.act(actions);
    const before = await harness.run(run.id);
    expect(await harness.store.act(actions)).toEqual(first);
    expect(await harness.run(run.id)).toEqual(before);
    const { seen, items } = only(await harness.inboxes(worker));
    expect({ seen, items: items.length }).toEqual({ seen: 1, items: 1 });
  });

  it('children of a cancelled run are cancelled with it, running ones by mailbox item', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const [queued, running] = [childOf(parent, { job: 'x' }), childOf(parent, { holder: worker })];
    const grandchild = childOf({ run: queued.id, root: parent.root }, { job: 'x' });
    await harness.store.submit([queued, running, grandchild]);
    await harness.recorded(worker, suspended(parent));
    await harness.act(cancelOf(parent.run));
    const found = await harness.store.get([parent.run, queued.id, grandchild.id, running.id]);
    expect(found.map((run) => run?.state)).toEqual(['cancelled', 'cancelled', 'cancelled', 'running']);
    const { run, items } = only(await harness.inboxes(worker));
    expect({ run, kind: only(items).kind }).toEqual({ run: running.id, kind: 'cancel' });
  });

  it('a parent learns that its child was cancelled', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const child = childOf(parent, { job: 'x' });
    await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), suspended(parent));
    await harness.act(cancelOf(child.id));
    const again = only((await harness.claim(worker)).claims);
    expect(only(await harness.items(worker, again))).toMatchObject({ kind: 'child', name: child.id });
  });

  it('two people who cancel the same runs in opposite orders both get their answers', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 10; round++) {
      const parents = Array.from({ length: 10 }, () => newRun());
      const children = parents.map(({ id }) => childOf({ run: id, root: id }));
      await harness.store.submit([...parents, ...children]);
      const actions = (): Action[] => [...parents, ...children].map(({ id }) => cancelOf(id));
      const [a, b] = await Promise.all([harness.store.act(actions()), other.act(actions().toReversed())]);
      const verdicts = new Set([...a, ...b].map(({ verdict }) => verdict));
      expect([...verdicts].toSorted()).toEqual(['done', 'finished']);
      const found = await harness.store.get([...parents, ...children].map(({ id }) => id));
      expect(new Set(found.map((run) => run?.state))).toEqual(new Set(['cancelled']));
    }
  });

  it('of a cancel and a claim at the same time one wins and the other follows', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    for (let round = 0; round < 40; round++) {
      const { run } = await harness.submit();
      const claim = async (): Promise<string[]> => await harness.claimIds(worker);
      const cancel = async (): Promise<string> => only(await other.act([cancelOf(run.id)])).verdict;
      let taken: string[];
      let verdict: string;
      if (round % 2 === 0) [taken, verdict] = await Promise.all([claim(), cancel()]);
      else [verdict, taken] = await Promise.all([cancel(), claim()]);
      const state = await harness.state(run.id);
      if (taken.length === 0) expect({ verdict, state }).toEqual({ verdict: 'done', state: 'cancelled' });
      else {
        expect({ verdict, state }).toEqual({ verdict: 'pending', state: 'running' });
        await harness.recorded(worker, ended({ run: run.id, epoch: 1 }));
      }
    }
  });
}

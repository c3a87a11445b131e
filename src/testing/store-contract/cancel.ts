import { cancelOf, childOf, ended, failed, newRun, stepBegun, suspended } from './builders.ts';
import type { Ask } from '../../ports/store-ask.ts';
import type { Contract } from './contract.ts';
import { only } from './scene.ts';

export function aboutCancel({ it, expect }: Contract): void {
  it('a queued run is cancelled at once and says by whom and why', async (scene) => {
    const { run } = await scene.submit();
    const before = await scene.now();
    const answer = await scene.ask(cancelOf(run.id, { actor: 'ann', reason: 'wrong shop' }));
    expect(answer).toEqual({ verdict: 'done', run: run.id, state: 'cancelled' });
    const { state, error, output, finishedAt, startedAt } = await scene.run(run.id);
    expect({ state, error, output, startedAt }).toEqual({
      state: 'cancelled',
      error: { code: 'RUN_CANCELLED', message: 'cancelled by ann: wrong shop' },
      output: null,
      startedAt: null,
    });
    expect(finishedAt !== null && finishedAt >= before).toBe(true);
    expect(await scene.claimIds(await scene.worker())).toEqual([]);
  });

  it('a cancel without reason says by whom', async (scene) => {
    const { run } = await scene.submit();
    await scene.ask(cancelOf(run.id, { actor: 'ann', reason: null }));
    expect((await scene.run(run.id)).error).toEqual({ code: 'RUN_CANCELLED', message: 'cancelled by ann' });
  });

  it('a delayed run is cancelled at once', async (scene) => {
    const { run } = await scene.submit({ delayMs: 3_600_000 });
    expect((await scene.ask(cancelOf(run.id))).verdict).toBe('done');
  });

  it('a waiting run is cancelled at once', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, suspended(claim));
    expect(await scene.ask(cancelOf(claim.run))).toEqual({ verdict: 'done', run: claim.run, state: 'cancelled' });
    expect(await scene.run(claim.run)).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
  });

  it('the owner of a running run is asked by letter, and what it says is the end', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const before = await scene.now();
    const answer = await scene.ask(cancelOf(claim.run, { actor: 'ann', reason: 'wrong shop' }));
    expect(answer).toEqual({ verdict: 'mailed', run: claim.run, state: 'running' });
    const { letters, seen } = only(await scene.inboxes(worker));
    expect(seen).toBe(1);
    const letter = only(letters);
    expect(letter).toMatchObject({ n: 1, kind: 'cancel', data: null, actor: 'ann', reason: 'wrong shop' });
    expect(letter.at >= before && letter.at <= (await scene.now())).toBe(true);
    await scene.recorded(worker, ended(claim));
    expect(await scene.state(claim.run)).toBe('succeeded');
    expect(await scene.inboxes(worker)).toEqual([]);
  });

  it('a run that has ended stays as it is', async (scene) => {
    const worker = await scene.worker();
    for (const end of [ended, failed]) {
      const claim = await scene.running(worker);
      await scene.recorded(worker, end(claim));
      const before = await scene.run(claim.run);
      expect(await scene.ask(cancelOf(claim.run))).toEqual({
        verdict: 'finished',
        run: claim.run,
        state: before.state,
      });
      expect(await scene.run(claim.run)).toEqual(before);
    }
  });

  it('a run may be named by its key, its id goes first', async (scene) => {
    const { run } = await scene.submit({ key: 'orders/7' });
    const { run: other } = await scene.submit({ key: run.id });
    expect(await scene.ask(cancelOf('orders/7'))).toMatchObject({ verdict: 'done', run: run.id });
    expect(await scene.ask(cancelOf(run.id))).toMatchObject({ verdict: 'finished', run: run.id });
    expect(await scene.state(other.id)).toBe('queued');
  });

  it('a run that does not exist is unknown', async (scene) => {
    const unknown = { verdict: 'unknown', run: null, state: null };
    expect(await scene.ask(cancelOf(newRun().id))).toEqual(unknown);
    expect(await scene.ask(cancelOf('no such key'))).toEqual(unknown);
  });

  it('several asks are answered one by one, in order', async (scene) => {
    const worker = await scene.worker();
    const running = await scene.running(worker);
    const { run } = await scene.submit();
    const asks = [cancelOf('nobody'), cancelOf(run.id), cancelOf(run.id), cancelOf(running.run)];
    const answers = await scene.store.ask(asks);
    expect(answers.map(({ verdict }) => verdict)).toEqual(['unknown', 'done', 'finished', 'mailed']);
    expect(await scene.store.ask([])).toEqual([]);
  });

  it('a cancel sent again gets the same verdict and leaves no second letter', async (scene) => {
    const worker = await scene.worker();
    const running = await scene.running(worker);
    const { run } = await scene.submit();
    const asks = [cancelOf(run.id), cancelOf(running.run)];
    const first = await scene.store.ask(asks);
    const before = await scene.run(run.id);
    expect(await scene.store.ask(asks)).toEqual(first);
    expect(await scene.run(run.id)).toEqual(before);
    const { seen, letters } = only(await scene.inboxes(worker));
    expect({ seen, letters: letters.length }).toEqual({ seen: 1, letters: 1 });
  });

  it('children of a cancelled run are cancelled with it, running ones by letter', async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker);
    const [queued, running] = [childOf(parent, { job: 'x' }), childOf(parent, { holder: worker })];
    const grandchild = childOf({ run: queued.id, root: parent.root }, { job: 'x' });
    await scene.store.submit([queued, running, grandchild]);
    await scene.recorded(worker, suspended(parent));
    await scene.ask(cancelOf(parent.run));
    const found = await scene.store.get([parent.run, queued.id, grandchild.id, running.id]);
    expect(found.map((run) => run?.state)).toEqual(['cancelled', 'cancelled', 'cancelled', 'running']);
    const { run, letters } = only(await scene.inboxes(worker));
    expect({ run, kind: only(letters).kind }).toEqual({ run: running.id, kind: 'cancel' });
  });

  it('a parent learns that its child was cancelled', async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker);
    const child = childOf(parent, { job: 'x' });
    await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }), suspended(parent));
    await scene.ask(cancelOf(child.id));
    const again = only((await scene.claim(worker)).claims);
    expect(only(await scene.letters(worker, again))).toMatchObject({ kind: 'child', name: child.id });
  });

  it('two people who cancel the same runs in opposite orders both get their answers', async (scene) => {
    const other = await scene.second();
    for (let round = 0; round < 10; round++) {
      const parents = Array.from({ length: 10 }, () => newRun());
      const children = parents.map(({ id }) => childOf({ run: id, root: id }));
      await scene.store.submit([...parents, ...children]);
      const asks = (): Ask[] => [...parents, ...children].map(({ id }) => cancelOf(id));
      const [a, b] = await Promise.all([scene.store.ask(asks()), other.ask(asks().toReversed())]);
      const verdicts = new Set([...a, ...b].map(({ verdict }) => verdict));
      expect([...verdicts].toSorted()).toEqual(['done', 'finished']);
      const found = await scene.store.get([...parents, ...children].map(({ id }) => id));
      expect(new Set(found.map((run) => run?.state))).toEqual(new Set(['cancelled']));
    }
  });

  it('of a cancel and a claim at the same time one wins and the other follows', async (scene) => {
    const other = await scene.second();
    const worker = await scene.worker();
    for (let round = 0; round < 40; round++) {
      const { run } = await scene.submit();
      const claim = async (): Promise<string[]> => await scene.claimIds(worker);
      const cancel = async (): Promise<string> => only(await other.ask([cancelOf(run.id)])).verdict;
      let taken: string[];
      let verdict: string;
      if (round % 2 === 0) [taken, verdict] = await Promise.all([claim(), cancel()]);
      else [verdict, taken] = await Promise.all([cancel(), claim()]);
      const state = await scene.state(run.id);
      if (taken.length === 0) expect({ verdict, state }).toEqual({ verdict: 'done', state: 'cancelled' });
      else {
        expect({ verdict, state }).toEqual({ verdict: 'mailed', state: 'running' });
        await scene.recorded(worker, ended({ run: run.id, epoch: 1 }));
      }
    }
  });
}

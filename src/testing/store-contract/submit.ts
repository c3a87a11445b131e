import { newId } from '../../std/id.ts';
import { childOf, newRun, newRuns, ended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only, whileBusy } from './harness/harness.ts';

export function aboutSubmit({ it, expect }: Contract): void {
  it('a new run is created queued and all that was given is there', async (harness) => {
    const before = await harness.now();
    const run = newRun({
      key: 'orders/7',
      job: 'import-orders',
      queue: 'imports',
      trigger: 'http',
      priority: -3,
      input: '{"shop":"a","lines":[1,2]}',
      args: ['a', 'b c'],
      request: { headers: [['X-User', 'ann']], body: 'aGk=', encoding: 'base64' },
      delayMs: 60_000,
      timeoutMs: 5_000,
      deadlineMs: 10_000,
      maxCrashes: 5,
    });
    const answer = only(await harness.store.submit([run]));
    const after = await harness.now();
    expect(answer).toEqual({
      verdict: 'created',
      run: { id: run.id, key: 'orders/7', job: 'import-orders', state: 'queued' },
    });
    const stored = await harness.run(run.id);
    expect(stored).toMatchObject({
      id: run.id,
      key: 'orders/7',
      job: 'import-orders',
      queue: 'imports',
      state: 'queued',
      trigger: 'http',
      priority: -3,
      crashes: 0,
      epoch: 0,
      input: '{"shop":"a","lines":[1,2]}',
      args: ['a', 'b c'],
      request: { headers: [['X-User', 'ann']], body: 'aGk=', encoding: 'base64' },
      output: null,
      response: null,
      error: null,
      progress: null,
      waitingFor: [],
      schedule: null,
      scheduledAt: null,
      startedAt: null,
      finishedAt: null,
      node: null,
      traceId: run.traceId,
      parent: null,
      root: run.id,
    });
    expect(stored.createdAt >= before && stored.createdAt <= after).toBe(true);
    expect(stored.dueAt).toBe(stored.createdAt + 60_000);
  });

  it('a run may be due at an instant of its own', async (harness) => {
    const dueAt = (await harness.now()) + 3_600_000;
    const { run } = await harness.submit({ dueAt, delayMs: 0 });
    expect((await harness.run(run.id)).dueAt).toBe(dueAt);
  });

  it('a run without input has none', async (harness) => {
    const { run } = await harness.submit({ input: null });
    expect((await harness.run(run.id)).input).toBe(null);
  });

  it('runs without a key are all created', async (harness) => {
    const answers = await harness.store.submit(newRuns(3));
    expect(answers.map(({ verdict }) => verdict)).toEqual(['created', 'created', 'created']);
  });

  it('no runs are answered with no answers', async ({ store }) => {
    expect(await store.submit([])).toEqual([]);
  });

  it('a key that exists with the same job and input is answered with its run', async (harness) => {
    const first = await harness.submit({ key: 'k' });
    const second = await harness.submit({ key: 'k' });
    expect(second).toEqual({ verdict: 'existing', run: { ...first.run, state: 'queued' } });
    expect((await harness.listAll({})).length).toBe(1);
  });

  it('a key that exists with other input is a conflict, answered with its run', async (harness) => {
    const first = await harness.submit({ key: 'k', input: '{"n":1}' });
    const second = await harness.submit({ key: 'k', input: '{"n":2}' });
    expect(second).toEqual({ verdict: 'conflict', run: first.run });
  });

  it('a key that exists for another job is a conflict, answered with its run', async (harness) => {
    const first = await harness.submit({ key: 'k', job: 'work' });
    const second = await harness.submit({ key: 'k', job: 'other' });
    expect(second).toEqual({ verdict: 'conflict', run: first.run });
  });

  it('input present and input absent are different inputs', async (harness) => {
    await harness.submit({ key: 'k', input: null });
    expect((await harness.submit({ key: 'k', input: 'null' })).verdict).toBe('conflict');
    expect((await harness.submit({ key: 'k', input: null })).verdict).toBe('existing');
  });

  it('an answer carries the state the run has by then', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker, { key: 'k' });
    expect((await harness.submit({ key: 'k' })).run.state).toBe('running');
    expect((await harness.submit({ key: 'k', input: '[]' })).run.state).toBe('running');
    await harness.recorded(worker, ended(claim));
    expect((await harness.submit({ key: 'k' })).run.state).toBe('succeeded');
  });

  it('of two runs with one key in one batch the first is created and the second exists', async (harness) => {
    const [a, b, c] = [newRun({ key: 'k' }), newRun({ key: 'k' }), newRun({ key: 'k', input: '[]' })];
    const answers = await harness.store.submit([a, b, c]);
    expect(answers.map(({ verdict }) => verdict)).toEqual(['created', 'existing', 'conflict']);
    expect(answers.map(({ run }) => run.id)).toEqual([a.id, a.id, a.id]);
  });

  it('a run that stands twice in one batch is created once', async (harness) => {
    const [run, other] = [newRun({ key: 'k' }), newRun()];
    const answers = await harness.store.submit([run, other, run, other]);
    expect(answers.map(({ verdict }) => verdict)).toEqual(['created', 'created', 'created', 'created']);
    expect(answers.map((answer) => answer.run.id)).toEqual([run.id, other.id, run.id, other.id]);
    expect((await harness.listAll({})).length).toBe(2);
  });

  it('answers come in the order of the runs, whatever the order of their keys', async (harness) => {
    const keys = ['m', 'z', 'a', 'k', 'b'];
    await harness.submit({ key: 'k' });
    const answers = await harness.store.submit(keys.map((key) => newRun({ key })));
    expect(answers.map(({ run }) => run.key)).toEqual(keys);
    expect(answers.map(({ verdict }) => verdict)).toEqual(['created', 'created', 'created', 'existing', 'created']);
  });

  it('a run submitted again under its id is created once and answered with its state', async (harness) => {
    const worker = await harness.worker();
    const run = newRun({ key: 'k' });
    const first = await harness.store.submit([run]);
    expect(await harness.store.submit([run])).toEqual(first);
    const claim = only((await harness.claim(worker)).claims);
    expect(only(await harness.store.submit([run]))).toMatchObject({ verdict: 'created', run: { state: 'running' } });
    await harness.recorded(worker, ended(claim));
    expect(only(await harness.store.submit([run]))).toMatchObject({ verdict: 'created', run: { state: 'succeeded' } });
    expect((await harness.listAll({})).length).toBe(1);
  });

  it('a run submitted with a registered holder is running and held at once', async (harness) => {
    const worker = await harness.worker({ node: 'laptop' });
    const other = await harness.worker();
    const { verdict, run } = await harness.submit({ holder: worker, key: 'k' });
    expect({ verdict, state: run.state }).toEqual({ verdict: 'created', state: 'running' });
    expect(await harness.held(worker)).toEqual([{ run: run.id, epoch: 1 }]);
    expect(await harness.claimIds(other)).toEqual([]);
    const stored = await harness.run(run.id);
    expect(stored).toMatchObject({ state: 'running', epoch: 1, attempt: 1, node: 'laptop' });
    expect(stored.startedAt).toBe(stored.createdAt);
    expect(await harness.record(worker, ended({ run: run.id, epoch: 1 }))).toEqual(['ok']);
  });

  it('a holder that is not registered, or is evicted, gets nothing: the run is queued', async (harness) => {
    const evicted = await harness.worker();
    await harness.evict(evicted);
    for (const holder of [newId(), evicted]) {
      const { verdict, run } = await harness.submit({ holder });
      expect({ verdict, state: run.state }).toEqual({ verdict: 'created', state: 'queued' });
      expect(await harness.held(holder)).toEqual([]);
    }
    expect((await harness.claimIds(await harness.worker())).length).toBe(2);
  });

  it('a holder does not get a run that exists already', async (harness) => {
    const worker = await harness.worker();
    await harness.submit({ key: 'k' });
    expect((await harness.submit({ key: 'k', holder: worker })).run.state).toBe('queued');
    expect(await harness.held(worker)).toEqual([]);
  });

  it('a batch of 1,000 runs is created whole', async (harness) => {
    const runs = newRuns(1_000).map((run, n) => ({ ...run, key: `bulk/${n % 999}` }));
    const answers = await harness.store.submit(runs);
    expect(answers.filter(({ verdict }) => verdict === 'created').length).toBe(999);
    expect(at(answers, 999)).toMatchObject({ verdict: 'existing', run: { id: at(runs, 0).id } });
    expect((await harness.listAll({}, 400)).length).toBe(999);
  });

  it('a child names its parent and its root', async (harness) => {
    const { run } = await harness.submit();
    const child = childOf({ run: run.id, root: run.id });
    const grandchild = childOf({ run: child.id, root: run.id });
    await harness.store.submit([child, grandchild]);
    expect(await harness.run(child.id)).toMatchObject({ parent: run.id, root: run.id, trigger: 'parent' });
    expect(await harness.run(grandchild.id)).toMatchObject({ parent: child.id, root: run.id });
  });

  it('two handles submit one key at the same time and exactly one creates it', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 50; round++) {
      const runs = [newRun({ key: `k${round}` }), newRun({ key: `k${round}` })];
      const [a, b] = await Promise.all(
        round % 2 === 0
          ? [whileBusy(() => harness.store.submit([at(runs, 0)])), whileBusy(() => other.submit([at(runs, 1)]))]
          : [whileBusy(() => other.submit([at(runs, 0)])), whileBusy(() => harness.store.submit([at(runs, 1)]))],
      );
      const verdicts = [only(a).verdict, only(b).verdict].toSorted();
      expect(verdicts).toEqual(['created', 'existing']);
      expect(only(a).run.id).toBe(only(b).run.id);
    }
  });

  it('two handles submit the same keys in opposite orders and each key is created once', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 10; round++) {
      const keys = Array.from({ length: 40 }, (_, n) => `round ${round} key ${n}`);
      const [a, b] = await Promise.all([
        whileBusy(() => harness.store.submit(keys.map((key) => newRun({ key })))),
        whileBusy(() => other.submit(keys.toReversed().map((key) => newRun({ key })))),
      ]);
      const created = [...a, ...b].filter(({ verdict }) => verdict === 'created');
      const existing = [...a, ...b].filter(({ verdict }) => verdict === 'existing');
      expect(created.length).toBe(40);
      expect(new Set(created.map(({ run }) => run.id))).toEqual(new Set(existing.map(({ run }) => run.id)));
    }
  });

  it('the same submit sent twice at the same time creates its runs once', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 20; round++) {
      const runs = newRuns(5).map((run, n) => ({ ...run, key: n < 3 ? `${round}/${n}` : null }));
      const answers = await Promise.all([harness.store, other].map((store) => whileBusy(() => store.submit(runs))));
      for (const answer of answers) {
        expect(answer.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 5 }, () => 'created'));
        expect(answer.map(({ run }) => run.id)).toEqual(runs.map(({ id }) => id));
      }
    }
    expect((await harness.listAll({})).length).toBe(100);
  });
}

import { evictionOf } from '../../job/transition.ts';
import { newId } from '../../std/id.ts';
import { childOf, ended, handedBack, newRun, newRuns, stepBegun, stepDone, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only, type Harness } from './harness/harness.ts';

export function aboutEvict({ it, expect }: Contract): void {
  it('runs of an evicted worker are queued again in their old place, the epoch raised', async (harness) => {
    const [dead, heir] = [await harness.worker(), await harness.worker()];
    const runs = newRuns(5);
    await harness.store.submit(runs);
    const { claims } = await harness.claim(dead, { free: 2 });
    const before = await harness.store.get(claims.map(({ run }) => run));
    expect((await harness.evict(dead)).toSorted()).toEqual(claims.map(({ run }) => run).toSorted());
    for (const [n, run] of (await harness.store.get(claims.map(({ run }) => run))).entries()) {
      expect(run).toMatchObject({ state: 'queued', crashes: 0, epoch: 2, attempt: 1, dueAt: before[n]?.dueAt });
    }
    const [first, , ...others] = runs.map(({ id }) => id);
    expect(await harness.claimIds(heir)).toEqual([first, ...others]);
  });

  it('a worker whose counter has moved is not evicted', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const seenHeartbeat = await harness.heartbeatOf(worker);
    await harness.heartbeat(worker);
    expect(await harness.store.evict([{ id: worker, seenHeartbeat, counted: true }])).toEqual([[]]);
    expect((await harness.heartbeat(worker)).evicted).toBe(false);
    expect(await harness.record(worker, ended(claim))).toEqual(['ok']);
  });

  it('an evicted worker learns it, holds nothing and is refused', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.evict(worker);
    expect(await harness.heartbeat(worker)).toEqual({ evicted: true });
    expect(await harness.held(worker)).toEqual([]);
    expect(await harness.claimIds(worker)).toEqual([]);
    expect(await harness.record(worker, ended(claim))).toEqual(['stale']);
  });

  it('a target that is closed already, and one of nobody, take no runs', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const seenHeartbeat = await harness.heartbeatOf(worker);
    const target = { id: worker, seenHeartbeat, counted: true };
    expect(await harness.store.evict([target])).toEqual([[claim.run]]);
    expect(await harness.store.evict([target, { ...target, id: newId() }])).toEqual([[], []]);
    expect((await harness.run(claim.run)).crashes).toBe(1);
    expect(await harness.store.evict([])).toEqual([]);
  });

  it('two rescuers evict one worker at the same time and its runs are taken once', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 20; round++) {
      const worker = await harness.worker();
      const runs = newRuns(5, { holder: worker });
      await harness.store.submit(runs);
      const target = { id: worker, seenHeartbeat: 0, counted: true };
      const [a, b] = await Promise.all([harness.store.evict([target]), other.evict([target])]);
      expect([...only(a), ...only(b)].toSorted()).toEqual(runs.map(({ id }) => id));
      expect(Math.min(only(a).length, only(b).length)).toBe(0);
      const found = await harness.store.get(runs.map(({ id }) => id));
      expect(found.map((run) => [run?.crashes, run?.isSuspect])).toEqual(runs.map(() => [0, true]));
    }
  });

  it('a worker that left in order counts as no crash', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker, { maxCrashes: 1 });
    expect(await harness.evict(worker, false)).toEqual([claim.run]);
    expect(await harness.run(claim.run)).toMatchObject({ state: 'queued', crashes: 0, epoch: 2 });
  });

  it('a worker that evicts itself need not know its counter', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.heartbeat(worker);
    expect(await harness.store.evict([{ id: worker, seenHeartbeat: null, counted: false }])).toEqual([[claim.run]]);
    expect(await harness.run(claim.run)).toMatchObject({ state: 'queued', crashes: 0, epoch: 2 });
    expect((await harness.heartbeat(worker)).evicted).toBe(true);
  });

  it('a run that takes down so many workers in a row fails, naming them, after as many as it may', async (harness) => {
    for (const maxCrashes of [1, 2, 3]) {
      const { run } = await harness.submit({ maxCrashes });
      const names: string[] = [];
      for (let crashes = 0; crashes < maxCrashes; crashes++) {
        const worker = await harness.worker({ node: `vm-${crashes}` });
        names.push(`vm-${crashes}`, worker);
        expect(await harness.claimIds(worker)).toEqual([run.id]);
        expect(await harness.evict(worker)).toEqual([run.id]);
        expect(await harness.state(run.id)).toBe(evictionOf(crashes, maxCrashes));
      }
      const { state, error, finishedAt } = await harness.run(run.id);
      expect({ state, code: error?.code, ended: finishedAt !== null }).toEqual({
        state: 'failed',
        code: 'RUN_CRASHED',
        ended: true,
      });
      for (const name of names) expect({ name, named: error?.message.includes(name) }).toEqual({ name, named: true });
    }
  });

  it('progress between crashes starts the count anew', async (harness) => {
    const { run } = await harness.submit({ maxCrashes: 2 });
    for (let n = 0; n < 4; n++) {
      const worker = await harness.worker();
      const claim = only((await harness.claim(worker)).claims);
      await harness.recorded(worker, stepDone(claim, `step ${n}`, { firstSeq: n }));
      await harness.evict(worker);
      expect(await harness.run(run.id)).toMatchObject({ state: 'queued', crashes: 1 });
    }
  });

  it('a run that crashed too often tells its parent and takes its children along', async (harness) => {
    const [mother, worker] = [await harness.worker(), await harness.worker()];
    const parent = await harness.running(mother);
    const child = childOf(parent, { job: 'child', maxCrashes: 1 });
    const grandchild = childOf({ run: child.id, root: parent.root }, { job: 'grandchild' });
    await harness.recorded(mother, stepBegun(parent, 'c', { type: 'child', child }), suspended(parent));
    await harness.claim(worker, { jobs: ['child'] });
    await harness.store.submit([grandchild]);
    await harness.evict(worker);
    expect(await harness.state(child.id)).toBe('failed');
    expect(await harness.state(grandchild.id)).toBe('cancelled');
    const again = only((await harness.claim(mother)).claims);
    expect(only(await harness.items(mother, again))).toMatchObject({ kind: 'child', name: child.id });
  });

  it('a parent and its child that crash with one worker are both taken, and the child follows its parent', async (harness) => {
    for (const childFirst of [true, false]) {
      const [gone, worker] = [await harness.worker(), await harness.worker()];
      const ids = [newRun().id, newRun().id] as const;
      const [id, childId] = childFirst ? [ids[1], ids[0]] : ids; // evictions go by id: either comes first
      const child = { ...childOf({ run: id, root: id }), id: childId, holder: worker };
      await harness.store.submit([newRun({ id, maxCrashes: 2, holder: gone })]);
      await harness.evict(gone);
      await harness.claim(worker);
      await harness.store.submit([child]);
      expect((await harness.evict(worker)).toSorted()).toEqual([...ids]);
      expect(await harness.run(id)).toMatchObject({ state: 'failed', error: { code: 'RUN_CRASHED' } });
      expect(await harness.run(childId)).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
    }
  });

  it('runs that a worker has let go are not taken with it', async (harness) => {
    const worker = await harness.worker();
    const runs = newRuns(3, { holder: worker });
    await harness.store.submit(runs);
    const [waiting, queued, done] = runs.map(({ id }) => ({ run: id, epoch: 1 }));
    if (!waiting || !queued || !done) throw new Error('three runs were made');
    await harness.recorded(worker, suspended(waiting), handedBack(queued), ended(done));
    expect(await harness.evict(worker)).toEqual([]);
    expect(await harness.run(waiting.run)).toMatchObject({ state: 'waiting', crashes: 0, epoch: 1 });
    expect(await harness.run(queued.run)).toMatchObject({ state: 'queued', crashes: 0, epoch: 1 });
  });

  it('several targets are answered one by one, in order', async (harness) => {
    const [a, b] = [await harness.worker(), await harness.worker()];
    const [first, second] = [await harness.running(a), await harness.running(b)];
    const targets = [
      { id: b, seenHeartbeat: 0, counted: true },
      { id: newId(), seenHeartbeat: 0, counted: true },
      { id: a, seenHeartbeat: 5, counted: true },
      { run: first.run, epoch: first.epoch, code: 'RUN_TIMED_OUT', message: 'too long' } as const,
    ];
    expect(await harness.store.evict(targets)).toEqual([[second.run], [], [], [first.run]]);
  });

  it('a run is ended over its owner’s head, only in the epoch that was seen', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const target = { run: claim.run, code: 'RUN_TIMED_OUT', message: 'it ran longer than 5 s' } as const;
    expect(await endIn(harness, { ...target, epoch: claim.epoch - 1 })).toEqual([]);
    expect(await endIn(harness, { ...target, epoch: claim.epoch + 1 })).toEqual([]);
    expect(await harness.state(claim.run)).toBe('running');
    expect(await endIn(harness, { ...target, epoch: claim.epoch })).toEqual([claim.run]);
    const run = await harness.run(claim.run);
    expect(run).toMatchObject({
      state: 'failed',
      epoch: claim.epoch + 1,
      crashes: 0,
      error: { code: 'RUN_TIMED_OUT', message: 'it ran longer than 5 s' },
    });
    expect(run.finishedAt === null).toBe(false);
    expect(await harness.record(worker, ended(claim))).toEqual(['stale']);
    expect(await endIn(harness, { ...target, epoch: claim.epoch })).toEqual([]);
    expect(await harness.heartbeat(worker)).toEqual({ evicted: false });
  });

  it('a run that is ended over its owner’s head tells its parent and takes its children along', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const child = childOf(parent, { holder: worker });
    const grandchild = childOf({ run: child.id, root: parent.root }, { job: 'x' });
    await harness.store.submit([child, grandchild]);
    const target = { code: 'RUN_TIMED_OUT', message: 'past its deadline' } as const;
    expect(await endIn(harness, { ...target, run: child.id, epoch: 1 })).toEqual([child.id]);
    const found = await harness.store.get([child.id, grandchild.id]);
    expect(found.map((run) => run?.state)).toEqual(['failed', 'cancelled']);
    const { items } = only(await harness.inboxes(worker));
    expect(items.map(({ name }) => name)).toEqual([child.id]);
  });

  it('a run that its owner has parked or handed back meanwhile is not ended over its head', async (harness) => {
    const worker = await harness.worker();
    const runs = newRuns(3, { holder: worker });
    const untouched = newRun({ job: 'x' });
    await harness.store.submit([...runs, untouched]);
    const [parked, queued, retried] = runs.map(({ id }) => ({ run: id, epoch: 1 }));
    if (!parked || !queued || !retried) throw new Error('three runs were made');
    const next = handedBack(retried, { attempt: 2, delayMs: 60_000 });
    await harness.recorded(worker, suspended(parked, { wakeInMs: 60_000 }), handedBack(queued), next);
    const ids = [...runs, untouched].map(({ id }) => id);
    const before = await harness.store.get(ids);
    for (const code of ['RUN_TIMED_OUT', 'RUN_CANCELLED'] as const) {
      const targets = ids.map((run) => ({ run, epoch: run === untouched.id ? 0 : 1, code, message: 'too late' }));
      expect(await harness.store.evict(targets)).toEqual([[], [], [], []]);
    }
    expect(await harness.store.get(ids)).toEqual(before);
  });

  it('a run ended for a cancel that its owner ignored is cancelled with that code', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const { run, epoch } = claim;
    const message = 'cancelled by ann: it ignored the request for 10 s';
    expect(await endIn(harness, { run, epoch, code: 'RUN_CANCELLED', message })).toEqual([run]);
    const error = { code: 'RUN_CANCELLED', message };
    expect(await harness.run(run)).toMatchObject({ state: 'cancelled', epoch: epoch + 1, error });
    expect(await harness.record(worker, ended(claim))).toEqual(['stale']);
  });

  it('a worker with 500 runs is evicted whole', async (harness) => {
    const worker = await harness.worker();
    const runs = Array.from({ length: 500 }, () => newRun({ holder: worker }));
    await harness.store.submit(runs);
    const taken = await harness.evict(worker);
    expect(taken.toSorted()).toEqual(runs.map(({ id }) => id));
    const found = await harness.store.get(runs.map(({ id }) => id));
    expect(new Set(found.map((run) => `${run?.state} ${run?.epoch} ${run?.crashes}`))).toEqual(new Set(['queued 2 0']));
    expect(at(runs, 0).holder).toBe(worker);
  });
}

async function endIn(
  harness: Harness,
  target: { run: string; epoch: number; code: 'RUN_TIMED_OUT' | 'RUN_CANCELLED'; message: string },
): Promise<string[]> {
  return only(await harness.store.evict([target]));
}

import { burialOf } from '../../job/transition.ts';
import { newId } from '../../std/id.ts';
import { childOf, ended, handedBack, newRun, newRuns, stepBegun, stepDone, suspended } from './builders.ts';
import type { Contract } from './contract.ts';
import { at, only, type Scene } from './scene.ts';

export function aboutBury({ it, expect }: Contract): void {
  it('runs of a buried worker are queued again in their old place, the epoch raised', async (scene) => {
    const [dead, heir] = [await scene.worker(), await scene.worker()];
    const runs = newRuns(5);
    await scene.store.submit(runs);
    const { claims } = await scene.claim(dead, { free: 2 });
    const before = await scene.store.get(claims.map(({ run }) => run));
    expect((await scene.bury(dead)).toSorted()).toEqual(claims.map(({ run }) => run).toSorted());
    for (const [n, run] of (await scene.store.get(claims.map(({ run }) => run))).entries()) {
      expect(run).toMatchObject({ state: 'queued', crashes: 0, epoch: 2, attempt: 1, dueAt: before[n]?.dueAt });
    }
    const [first, , ...others] = runs.map(({ id }) => id);
    expect(await scene.claimIds(heir)).toEqual([first, ...others]);
  });

  it('a worker whose counter has moved is not buried', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const seenBeat = await scene.beatOf(worker);
    await scene.beat(worker);
    expect(await scene.store.bury([{ id: worker, seenBeat, counted: true }])).toEqual([[]]);
    expect((await scene.beat(worker)).buried).toBe(false);
    expect(await scene.record(worker, ended(claim))).toEqual(['ok']);
  });

  it('a buried worker learns it, holds nothing and is refused', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.bury(worker);
    expect(await scene.beat(worker)).toEqual({ buried: true });
    expect(await scene.held(worker)).toEqual([]);
    expect(await scene.claimIds(worker)).toEqual([]);
    expect(await scene.record(worker, ended(claim))).toEqual(['stale']);
  });

  it('a grave that is closed already, and one of nobody, take no runs', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const seenBeat = await scene.beatOf(worker);
    const grave = { id: worker, seenBeat, counted: true };
    expect(await scene.store.bury([grave])).toEqual([[claim.run]]);
    expect(await scene.store.bury([grave, { ...grave, id: newId() }])).toEqual([[], []]);
    expect((await scene.run(claim.run)).crashes).toBe(1);
    expect(await scene.store.bury([])).toEqual([]);
  });

  it('two rescuers bury one worker at the same time and its runs are taken once', async (scene) => {
    const other = await scene.second();
    for (let round = 0; round < 20; round++) {
      const worker = await scene.worker();
      const runs = newRuns(5, { holder: worker });
      await scene.store.submit(runs);
      const grave = { id: worker, seenBeat: 0, counted: true };
      const [a, b] = await Promise.all([scene.store.bury([grave]), other.bury([grave])]);
      expect([...only(a), ...only(b)].toSorted()).toEqual(runs.map(({ id }) => id));
      expect(Math.min(only(a).length, only(b).length)).toBe(0);
      const found = await scene.store.get(runs.map(({ id }) => id));
      expect(found.map((run) => [run?.crashes, run?.isSuspect])).toEqual(runs.map(() => [0, true]));
    }
  });

  it('a worker that left in order counts as no crash', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker, { maxCrashes: 1 });
    expect(await scene.bury(worker, false)).toEqual([claim.run]);
    expect(await scene.run(claim.run)).toMatchObject({ state: 'queued', crashes: 0, epoch: 2 });
  });

  it('a worker that buries itself need not know its counter', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.beat(worker);
    expect(await scene.store.bury([{ id: worker, seenBeat: null, counted: false }])).toEqual([[claim.run]]);
    expect(await scene.run(claim.run)).toMatchObject({ state: 'queued', crashes: 0, epoch: 2 });
    expect((await scene.beat(worker)).buried).toBe(true);
  });

  it('a run that takes down so many workers in a row fails, naming them, after as many as it may', async (scene) => {
    for (const maxCrashes of [1, 2, 3]) {
      const { run } = await scene.submit({ maxCrashes });
      const names: string[] = [];
      for (let crashes = 0; crashes < maxCrashes; crashes++) {
        const worker = await scene.worker({ node: `vm-${crashes}` });
        names.push(`vm-${crashes}`, worker);
        expect(await scene.claimIds(worker)).toEqual([run.id]);
        expect(await scene.bury(worker)).toEqual([run.id]);
        expect(await scene.state(run.id)).toBe(burialOf(crashes, maxCrashes));
      }
      const { state, error, finishedAt } = await scene.run(run.id);
      expect({ state, code: error?.code, ended: finishedAt !== null }).toEqual({
        state: 'failed',
        code: 'RUN_CRASHED',
        ended: true,
      });
      for (const name of names) expect({ name, named: error?.message.includes(name) }).toEqual({ name, named: true });
    }
  });

  it('progress between crashes starts the count anew', async (scene) => {
    const { run } = await scene.submit({ maxCrashes: 2 });
    for (let n = 0; n < 4; n++) {
      const worker = await scene.worker();
      const claim = only((await scene.claim(worker)).claims);
      await scene.recorded(worker, stepDone(claim, `step ${n}`, { asked: n }));
      await scene.bury(worker);
      expect(await scene.run(run.id)).toMatchObject({ state: 'queued', crashes: 1 });
    }
  });

  it('a run that crashed too often tells its parent and takes its children along', async (scene) => {
    const [mother, worker] = [await scene.worker(), await scene.worker()];
    const parent = await scene.running(mother);
    const child = childOf(parent, { job: 'child', maxCrashes: 1 });
    const grandchild = childOf({ run: child.id, root: parent.root }, { job: 'grandchild' });
    await scene.recorded(mother, stepBegun(parent, 'c', { type: 'child', child }), suspended(parent));
    await scene.claim(worker, { jobs: ['child'] });
    await scene.store.submit([grandchild]);
    await scene.bury(worker);
    expect(await scene.state(child.id)).toBe('failed');
    expect(await scene.state(grandchild.id)).toBe('cancelled');
    const again = only((await scene.claim(mother)).claims);
    expect(only(await scene.letters(mother, again))).toMatchObject({ kind: 'child', name: child.id });
  });

  it('a parent and its child that crash with one worker are both taken, and the child follows its parent', async (scene) => {
    for (const childFirst of [true, false]) {
      const [gone, worker] = [await scene.worker(), await scene.worker()];
      const ids = [newRun().id, newRun().id] as const;
      const [id, childId] = childFirst ? [ids[1], ids[0]] : ids; // burials go by id: either comes first
      const child = { ...childOf({ run: id, root: id }), id: childId, holder: worker };
      await scene.store.submit([newRun({ id, maxCrashes: 2, holder: gone })]);
      await scene.bury(gone);
      await scene.claim(worker);
      await scene.store.submit([child]);
      expect((await scene.bury(worker)).toSorted()).toEqual([...ids]);
      expect(await scene.run(id)).toMatchObject({ state: 'failed', error: { code: 'RUN_CRASHED' } });
      expect(await scene.run(childId)).toMatchObject({ state: 'cancelled', error: { code: 'RUN_CANCELLED' } });
    }
  });

  it('runs that a worker has let go are not taken with it', async (scene) => {
    const worker = await scene.worker();
    const runs = newRuns(3, { holder: worker });
    await scene.store.submit(runs);
    const [waiting, queued, done] = runs.map(({ id }) => ({ run: id, epoch: 1 }));
    if (!waiting || !queued || !done) throw new Error('three runs were made');
    await scene.recorded(worker, suspended(waiting), handedBack(queued), ended(done));
    expect(await scene.bury(worker)).toEqual([]);
    expect(await scene.run(waiting.run)).toMatchObject({ state: 'waiting', crashes: 0, epoch: 1 });
    expect(await scene.run(queued.run)).toMatchObject({ state: 'queued', crashes: 0, epoch: 1 });
  });

  it('several graves are answered one by one, in order', async (scene) => {
    const [a, b] = [await scene.worker(), await scene.worker()];
    const [first, second] = [await scene.running(a), await scene.running(b)];
    const graves = [
      { id: b, seenBeat: 0, counted: true },
      { id: newId(), seenBeat: 0, counted: true },
      { id: a, seenBeat: 5, counted: true },
      { run: first.run, epoch: first.epoch, code: 'RUN_TIMED_OUT', message: 'too long' } as const,
    ];
    expect(await scene.store.bury(graves)).toEqual([[second.run], [], [], [first.run]]);
  });

  it('a run is ended over its owner’s head, only in the epoch that was seen', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const grave = { run: claim.run, code: 'RUN_TIMED_OUT', message: 'it ran longer than 5 s' } as const;
    expect(await endIn(scene, { ...grave, epoch: claim.epoch - 1 })).toEqual([]);
    expect(await endIn(scene, { ...grave, epoch: claim.epoch + 1 })).toEqual([]);
    expect(await scene.state(claim.run)).toBe('running');
    expect(await endIn(scene, { ...grave, epoch: claim.epoch })).toEqual([claim.run]);
    const run = await scene.run(claim.run);
    expect(run).toMatchObject({
      state: 'failed',
      epoch: claim.epoch + 1,
      crashes: 0,
      error: { code: 'RUN_TIMED_OUT', message: 'it ran longer than 5 s' },
    });
    expect(run.finishedAt === null).toBe(false);
    expect(await scene.record(worker, ended(claim))).toEqual(['stale']);
    expect(await endIn(scene, { ...grave, epoch: claim.epoch })).toEqual([]);
    expect(await scene.beat(worker)).toEqual({ buried: false });
  });

  it('a run that is ended over its owner’s head tells its parent and takes its children along', async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker);
    const child = childOf(parent, { holder: worker });
    const grandchild = childOf({ run: child.id, root: parent.root }, { job: 'x' });
    await scene.store.submit([child, grandchild]);
    const grave = { code: 'RUN_TIMED_OUT', message: 'past its deadline' } as const;
    expect(await endIn(scene, { ...grave, run: child.id, epoch: 1 })).toEqual([child.id]);
    const found = await scene.store.get([child.id, grandchild.id]);
    expect(found.map((run) => run?.state)).toEqual(['failed', 'cancelled']);
    const { letters } = only(await scene.inboxes(worker));
    expect(letters.map(({ name }) => name)).toEqual([child.id]);
  });

  it('a run that its owner has parked or handed back meanwhile is not ended over its head', async (scene) => {
    const worker = await scene.worker();
    const runs = newRuns(3, { holder: worker });
    const untouched = newRun({ job: 'x' });
    await scene.store.submit([...runs, untouched]);
    const [parked, queued, retried] = runs.map(({ id }) => ({ run: id, epoch: 1 }));
    if (!parked || !queued || !retried) throw new Error('three runs were made');
    const next = handedBack(retried, { attempt: 2, delayMs: 60_000 });
    await scene.recorded(worker, suspended(parked, { wakeInMs: 60_000 }), handedBack(queued), next);
    const ids = [...runs, untouched].map(({ id }) => id);
    const before = await scene.store.get(ids);
    for (const code of ['RUN_TIMED_OUT', 'RUN_CANCELLED'] as const) {
      const graves = ids.map((run) => ({ run, epoch: run === untouched.id ? 0 : 1, code, message: 'too late' }));
      expect(await scene.store.bury(graves)).toEqual([[], [], [], []]);
    }
    expect(await scene.store.get(ids)).toEqual(before);
  });

  it('a run ended for a cancel that its owner ignored is cancelled with that code', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const { run, epoch } = claim;
    const message = 'cancelled by ann: it ignored the request for 10 s';
    expect(await endIn(scene, { run, epoch, code: 'RUN_CANCELLED', message })).toEqual([run]);
    const error = { code: 'RUN_CANCELLED', message };
    expect(await scene.run(run)).toMatchObject({ state: 'cancelled', epoch: epoch + 1, error });
    expect(await scene.record(worker, ended(claim))).toEqual(['stale']);
  });

  it('a worker with 500 runs is buried whole', async (scene) => {
    const worker = await scene.worker();
    const runs = Array.from({ length: 500 }, () => newRun({ holder: worker }));
    await scene.store.submit(runs);
    const taken = await scene.bury(worker);
    expect(taken.toSorted()).toEqual(runs.map(({ id }) => id));
    const found = await scene.store.get(runs.map(({ id }) => id));
    expect(new Set(found.map((run) => `${run?.state} ${run?.epoch} ${run?.crashes}`))).toEqual(new Set(['queued 2 0']));
    expect(at(runs, 0).holder).toBe(worker);
  });
}

async function endIn(
  scene: Scene,
  grave: { run: string; epoch: number; code: 'RUN_TIMED_OUT' | 'RUN_CANCELLED'; message: string },
): Promise<string[]> {
  return only(await scene.store.bury([grave]));
}

import { isCharged } from '../../job/transition.ts';
import {
  childOf,
  ended,
  handedBack,
  newRun,
  newRuns,
  rescheduleOf,
  stepBegun,
  stepDone,
  suspended,
} from './builders.ts';
import type { Contract } from './contract.ts';
import { at, only, type Scene } from './scene.ts';

export function aboutSuspects({ it, expect }: Contract): void {
  it('where a worker held several runs, its crash is charged to none, and all are suspect', async (scene) => {
    const worker = await scene.worker();
    const runs = newRuns(3, { holder: worker, maxCrashes: 1 });
    await scene.store.submit(runs);
    await scene.bury(worker);
    expect(await marksOf(scene, runs)).toEqual(runs.map(() => 'queued 0 suspect'));
    expect(isCharged({ isSuspect: false }, 3)).toBe(false);
  });

  it('a run that was alone is charged with the crash', async (scene) => {
    const worker = await scene.worker();
    const runs = newRuns(1, { holder: worker });
    await scene.store.submit(runs);
    await scene.bury(worker);
    expect(await marksOf(scene, runs)).toEqual(['queued 1 suspect']);
    expect(isCharged({ isSuspect: false }, 1)).toBe(true);
  });

  it('a crash is charged to the suspect run only, and those beside it are suspect from then on', async (scene) => {
    const [first, second] = [await scene.worker(), await scene.worker({ node: 'vm-2' })];
    const runs = newRuns(2, { holder: first, maxCrashes: 1 });
    await scene.store.submit(runs);
    await scene.bury(first);
    const beside = newRuns(2);
    await scene.store.submit(beside);
    const taken = await scene.claimIds(second);
    expect(taken).toEqual([at(runs, 0).id, ...beside.map(({ id }) => id)]);
    await scene.bury(second);
    expect(await marksOf(scene, runs)).toEqual(['failed 1', 'queued 0 suspect']);
    expect(await marksOf(scene, beside)).toEqual(beside.map(() => 'queued 0 suspect'));
    const { error } = await scene.run(at(runs, 0).id);
    expect(error).toMatchObject({ code: 'RUN_CRASHED', data: { workers: [{ node: 'vm-2', worker: second }] } });
    expect(isCharged({ isSuspect: true }, 3)).toBe(true);
  });

  it('a worker that leaves in order, or is replaced, makes nothing suspect; what is suspect stays so', async (scene) => {
    const gone = await scene.worker();
    const runs = newRuns(2, { holder: gone });
    await scene.store.submit(runs);
    await scene.bury(gone, false);
    expect(await marksOf(scene, runs)).toEqual(['queued 0', 'queued 0']);
    const elder = await scene.worker({ node: 'n' });
    await scene.claim(elder);
    await scene.worker({ node: 'n', replaces: 'n' });
    expect(await marksOf(scene, runs)).toEqual(['queued 0', 'queued 0']);
    const crashed = await scene.worker();
    await scene.claim(crashed);
    await scene.bury(crashed);
    const leaving = await scene.worker();
    expect((await scene.claimIds(leaving)).length).toBe(1);
    await scene.bury(leaving, false);
    expect(await marksOf(scene, runs)).toEqual(['queued 0 suspect', 'queued 0 suspect']);
  });

  for (const [name, free] of [
    ['with room for many', 10],
    ['with room for one', 1],
  ] as const) {
    it(`a worker gets one suspect run at a time, ${name}`, async (scene) => {
      const runs = await suspects(scene, 3);
      const worker = await scene.worker();
      for (const run of runs) {
        const claim = only((await scene.claim(worker, { free })).claims);
        expect(claim).toMatchObject({ run: run.id, isSuspect: true });
        const { claims, nextDueAt } = await scene.claim(worker, { free });
        expect({ claims, nextDueAt }).toEqual({ claims: [], nextDueAt: null });
        await scene.recorded(worker, ended(claim));
      }
      expect(await scene.claimIds(worker)).toEqual([]);
    });
  }

  it('the others are claimed beside it, in their order', async (scene) => {
    const [first, second] = (await suspects(scene, 2)).map(({ id }) => id);
    const now = await scene.now();
    const others = [
      newRun({ priority: 1 }),
      newRun({ dueAt: now - 100_000 }),
      newRun(),
      newRun({ job: 'b', priority: -1 }),
    ];
    await scene.store.submit(others);
    const [high, early, late, low] = others.map(({ id }) => id);
    const [one, two] = [await scene.worker(), await scene.worker()];
    const jobs = ['work', 'b'];
    expect(await scene.claimIds(one, { jobs, free: 1 })).toEqual([high]);
    expect(await scene.claimIds(one, { jobs, free: 2 })).toEqual([early, first]);
    expect(await scene.claimIds(one, { jobs, free: 1 })).toEqual([late]);
    expect(await scene.claimIds(two, { jobs })).toEqual([second, low]);
  });

  it('each of several queues has its turn, and one suspect run is claimed of them all', async (scene) => {
    const gone = await scene.worker();
    const runs = ['p', 'q', 'p', 'q'].map((queue) => newRun({ queue, holder: gone }));
    await scene.store.submit(runs);
    await scene.bury(gone);
    const others = ['p', 'q', 'q'].map((queue) => newRun({ queue }));
    await scene.store.submit(others);
    const worker = await scene.worker();
    const taken = await scene.claimIds(worker);
    const odd = runs.map(({ id }) => id).filter((id) => taken.includes(id));
    expect(odd).toEqual([at(runs, 0).id]);
    expect(taken.filter((id) => !odd.includes(id)).toSorted()).toEqual(others.map(({ id }) => id));
  });

  it('of a tree, too, one is claimed at a time', async (scene) => {
    const gone = await scene.worker();
    const root = newRun({ holder: gone });
    const child = childOf({ run: root.id, root: root.id }, { holder: gone });
    await scene.store.submit([root, child]);
    await scene.bury(gone);
    const worker = await scene.worker();
    const claim = only((await scene.claim(worker, { tree: [root.id] })).claims);
    expect(claim).toMatchObject({ run: root.id, isSuspect: true });
    expect(await scene.claimIds(worker, { tree: [root.id] })).toEqual([]);
    await scene.recorded(worker, suspended(claim));
    expect(await scene.claimIds(worker, { tree: [root.id] })).toEqual([child.id]);
  });

  const traces: [string, (scene: Scene, worker: string, claim: { run: string; epoch: number }) => Promise<void>][] = [
    ['a step', (scene, worker, claim) => scene.recorded(worker, stepDone(claim, 'one'))],
    ['a try', (scene, worker, claim) => scene.recorded(worker, stepBegun(claim, 'one'))],
    ['that it parks', (scene, worker, claim) => scene.recorded(worker, suspended(claim, { wakeInMs: 0 }))],
    ['its next attempt', (scene, worker, claim) => scene.recorded(worker, handedBack(claim, { attempt: 2 }))],
  ];
  for (const [name, record] of traces) {
    it(`once it has recorded ${name} it is suspect no more`, async (scene) => {
      const runs = await suspects(scene, 3);
      const worker = await scene.worker();
      const claim = only((await scene.claim(worker)).claims);
      await record(scene, worker, claim);
      const run = await scene.run(claim.run);
      expect({ run: run.id, crashes: run.crashes, isSuspect: run.isSuspect }).toEqual({
        run: at(runs, 0).id,
        crashes: 0,
        isSuspect: undefined,
      });
      expect((await scene.claimIds(worker, { free: 2 })).includes(at(runs, 1).id)).toBe(true);
    });
  }

  it('a suspect run that is handed back as it was stays suspect', async (scene) => {
    await suspects(scene, 2);
    const worker = await scene.worker();
    const claim = only((await scene.claim(worker)).claims);
    await scene.recorded(worker, handedBack(claim));
    expect(await scene.run(claim.run)).toMatchObject({ state: 'queued', isSuspect: true });
  });

  it('one that is due later, of a paused queue or of another job is not waited for', async (scene) => {
    const gone = await scene.worker();
    const runs = [newRun({ job: 'other' }), newRun(), newRun()].map((run) => ({ ...run, holder: gone }));
    await scene.store.submit(runs);
    await scene.bury(gone);
    await scene.ask(rescheduleOf(at(runs, 1).id, 3_600_000));
    const worker = await scene.worker();
    expect(await scene.claimIds(worker)).toEqual([at(runs, 2).id]);
  });

  it('they count where work is counted', async (scene) => {
    await suspects(scene, 3);
    const { store } = scene;
    await scene.submit();
    const stats = await store.stats?.({ windowMs: 1_000, parts: 1, atMost: 100 });
    expect(stats?.live.jobs.map(({ due }) => due)).toEqual(stats && [4]);
    const backlog = await store.backlog?.({ atMost: 100 });
    expect(backlog?.jobs.map(({ due }) => due)).toEqual(backlog && [4]);
  });

  it('four workers beside each other hold one each, whoever claims first', async (scene) => {
    const other = await scene.second();
    await suspects(scene, 12);
    const workers = await Promise.all([1, 2, 3, 4].map(() => scene.worker()));
    for (let number = 101; number <= 103; number++) {
      const jobs = [{ name: 'work', timeoutMs: null, deadlineMs: null, maxCrashes: 3, callbacks: 'none' }] as const;
      for (let tries = 0; tries < 100; tries++) {
        const asked = { jobs, free: 5, turn: 0, number: number * 100 + tries };
        await Promise.all(workers.map((worker, n) => (n % 2 ? other : scene.store).claim({ worker, ...asked })));
        const held = await Promise.all(workers.map((worker) => scene.held(worker)));
        expect(Math.max(...held.map((holds) => holds.length))).toBe(1);
        if (held.some((holds) => holds.length === 0)) continue; // what another had locked was passed by
        for (const [n, worker] of workers.entries()) await scene.recorded(worker, ended(only(at(held, n))));
        break;
      }
    }
    expect((await scene.listAll({ states: ['succeeded'] })).length).toBe(12);
  });
}

/** So many runs that were in execution when their worker crashed. */
async function suspects(scene: Scene, count: number) {
  const gone = await scene.worker({ node: 'gone' });
  const runs = newRuns(count, { holder: gone });
  await scene.store.submit(runs);
  await scene.bury(gone);
  return runs;
}

async function marksOf(scene: Scene, runs: readonly { id: string }[]): Promise<string[]> {
  const found = await scene.store.get(runs.map(({ id }) => id));
  return found.map((run) => `${run?.state} ${run?.crashes}${run?.isSuspect ? ' suspect' : ''}`);
}
